using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>Junctions of Windows: links to directories of the same machine, for which nobody needs a privilege.</summary>
internal static class Junction
{
    public const uint Tag = 0xA000_0003;

    private const int HeaderLength = 8;
    private const int NamesLength = 8;

    /// <summary>Makes a junction. Nothing is left when that fails.</summary>
    /// <param name="path">Where it is to stand.</param>
    /// <param name="target">A full path.</param>
    public static void Create(string path, string target)
    {
        Directory.CreateDirectory(path);
        try
        {
            using var handle = WindowsCalls.OpenForReparse(path);
            if (handle.IsInvalid || !WindowsCalls.SetReparsePoint(handle, Encode(target)))
            {
                throw PortableError.OfSystem(Marshal.GetLastPInvokeError(), "link", path);
            }
        }
        catch
        {
            Directory.Delete(path);
            throw;
        }
    }

    /// <summary>REPARSE_DATA_BUFFER of a mount point: the path as the kernel has it, and as it is shown.</summary>
    public static byte[] Encode(string target)
    {
        string shown = PortablePath.Shown(target);
        byte[] real = Encoding.Unicode.GetBytes(@"\??\" + shown);
        byte[] print = Encoding.Unicode.GetBytes(shown);
        byte[] buffer = new byte[HeaderLength + NamesLength + real.Length + print.Length + (2 * sizeof(char))];
        var rest = buffer.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Tag);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[4..], (ushort)(buffer.Length - HeaderLength));
        rest = rest[HeaderLength..];
        BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], (ushort)real.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[4..], (ushort)(real.Length + sizeof(char)));
        BinaryPrimitives.WriteUInt16LittleEndian(rest[6..], (ushort)print.Length);
        real.CopyTo(rest[NamesLength..]);
        print.CopyTo(rest[(NamesLength + real.Length + sizeof(char))..]);
        return buffer;
    }
}
