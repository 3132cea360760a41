using Microsoft.Win32.SafeHandles;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>An archive on disk, unbuffered.</summary>
internal sealed class FileSource(string path) : IBlockSource, IDisposable
{
    private readonly SafeFileHandle handle = File.OpenHandle(path);

    public long Length => RandomAccess.GetLength(handle);

    public int Read(Span<byte> buffer, long offset)
    {
        int total = 0, read;
        while (total < buffer.Length && (read = RandomAccess.Read(handle, buffer[total..], offset + total)) > 0)
            total += read;
        return total;
    }

    public void Dispose() => handle.Dispose();
}
