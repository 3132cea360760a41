using System.Buffers;
using System.Runtime.InteropServices;

namespace Snapshotter.Engine.FileSystem.Linux;

/// <summary>Reads a directory's entries (struct linux_dirent64).</summary>
internal static unsafe class LinuxListing
{
    private const int BufferSize = 128 * 1024;
    private const int RecordLengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    public static DirectoryListing Read(LinuxDirectory directory)
    {
        // From the start, whoever listed it before.
        if (LibC.Seek(directory, 0, LibC.SeekSet) < 0)
        {
            throw LinuxError.Last("list", directory.DisplayPath);
        }
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var names = new MemoryStream();
            var entries = new List<ListedName>(32);
            while (true)
            {
                int filled;
                fixed (byte* bytes = buffer)
                {
                    filled = (int)LibC.GetDirectoryEntries(directory, bytes, (nuint)buffer.Length);
                }
                if (filled < 0)
                {
                    throw LinuxError.Last("list", directory.DisplayPath);
                }
                if (filled == 0)
                {
                    return new DirectoryListing(names.GetBuffer(), entries.ToArray());
                }
                Append(buffer.AsSpan(0, filled), names, entries);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Append(
        ReadOnlySpan<byte> records, MemoryStream names, List<ListedName> entries)
    {
        while (!records.IsEmpty)
        {
            var length = MemoryMarshal.Read<ushort>(records[RecordLengthOffset..]);
            var name = records[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                // The type is the top of st_mode (DT_REG = S_IFREG >> 12).
                entries.Add(new ListedName((int)names.Length, name.Length, LinuxHandle.KindOfMode((uint)records[TypeOffset] << 12)));
                names.Write(name);
            }
            records = records[length..];
        }
    }
}
