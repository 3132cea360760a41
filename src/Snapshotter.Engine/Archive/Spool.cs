using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// Bytes put aside to be read again, as many as come: the last megabyte in memory, what was before in a temporary file
/// that goes with its handle. Not for several threads at once.
/// </summary>
internal sealed class Spool(IFileSystem fileSystem) : IDisposable
{
    private const int MemoryLimit = 1024 * 1024;

    private byte[] memory = new byte[16 * 1024];
    private int inMemory;
    private IFile? file;
    private long inFile;

    /// <summary>Bytes put aside.</summary>
    public long Length => inFile + inMemory;

    /// <summary>Puts bytes behind those that are there.</summary>
    /// <returns>The offset to find them at.</returns>
    /// <exception cref="BackupException">The temporary file could not be written.</exception>
    public long Append(ReadOnlySpan<byte> data)
    {
        long offset = Length;
        if (data.Length > MemoryLimit - inMemory)
        {
            ToFile(memory.AsSpan(0, inMemory));
            inMemory = 0;
        }

        if (data.Length > MemoryLimit)
        {
            ToFile(data);
            return offset;
        }

        if (data.Length > memory.Length - inMemory)
        {
            Array.Resize(ref memory, Math.Min(MemoryLimit, Math.Max(inMemory + data.Length, memory.Length * 2)));
        }

        data.CopyTo(memory.AsSpan(inMemory));
        inMemory += data.Length;
        return offset;
    }

    /// <summary>Reads from an offset on.</summary>
    /// <returns>Bytes read: fewer than asked for only at the end.</returns>
    /// <exception cref="BackupException">The temporary file could not be read.</exception>
    public int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        if (offset < inFile)
        {
            done = FromFile(buffer[..(int)Math.Min(buffer.Length, inFile - offset)], offset);
        }

        int start = (int)(offset + done - inFile);
        int count = Math.Min(buffer.Length - done, inMemory - start);
        if (start >= 0 && count > 0)
        {
            memory.AsSpan(start, count).CopyTo(buffer[done..]);
            done += count;
        }

        return done;
    }

    /// <summary>Hands over all of it, in pieces.</summary>
    public void CopyTo(Action<ReadOnlyMemory<byte>> write)
    {
        byte[] piece = new byte[Math.Min(256 * 1024, inFile)];
        for (long offset = 0; offset < inFile;)
        {
            int read = FromFile(piece.AsSpan(0, (int)Math.Min(piece.Length, inFile - offset)), offset);
            write(piece.AsMemory(0, read));
            offset += read;
        }

        write(memory.AsMemory(0, inMemory));
    }

    public void Dispose() => file?.Dispose();

    private void ToFile(ReadOnlySpan<byte> data)
    {
        try
        {
            file ??= fileSystem.CreateSpool();
            file.Write(data, inFile);
            inFile += data.Length;
        }
        catch (FileSystemException e)
        {
            throw Failed(e);
        }
    }

    private int FromFile(Span<byte> buffer, long offset)
    {
        try
        {
            return file!.Read(buffer, offset);
        }
        catch (FileSystemException e)
        {
            throw Failed(e);
        }
    }

    private static BackupException Failed(FileSystemException e) => new(
        e.Error is FileError.NoSpace or FileError.TooLarge ? BackupError.InsufficientSpace : BackupError.InputOutput,
        $"What does not fit into memory could not be kept in the temporary folder '{Path.GetTempPath()}': {e.Detail}.",
        Path.GetTempPath(), e)
    {
        Remedy = Remedy.FreeTemporarySpace,
    };
}
