using System.Text;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>Header blocks made by hand, for what no encoder writes.</summary>
internal static class RawHeader
{
    /// <summary>A ustar header with a valid checksum; the change is made before that is computed.</summary>
    public static byte[] Block(char type, string name, long size = 0, Action<byte[]>? change = null)
    {
        byte[] block = new byte[TarLayout.BlockSize];
        HeaderField.Name.WriteText(block, Encoding.Latin1.GetBytes(name));
        HeaderField.Mode.WriteNumber(block, 0x1a4);
        HeaderField.UserId.WriteNumber(block, 0);
        HeaderField.GroupId.WriteNumber(block, 0);
        HeaderField.Size.WriteNumber(block, size);
        HeaderField.Modified.WriteNumber(block, 0);
        block[HeaderField.TypeFlagOffset] = (byte)type;
        HeaderField.PosixMagic.CopyTo(HeaderField.Magic.Of(block.AsSpan()));
        change?.Invoke(block);
        TarBlock.Seal(block);
        return block;
    }

    /// <summary>A header of type 'x' or another with the body behind it, padded to whole blocks.</summary>
    public static byte[] Extension(char type, string body) => [.. Block(type, "extension", body.Length), .. Padded(body)];

    /// <summary>A pax header with records of correct lengths.</summary>
    public static byte[] Pax(params (string Key, string Value)[] records) =>
        Extension('x', string.Concat(records.Select(r => Record(r.Key, r.Value))));

    public static byte[] File(string name, string content) => [.. Block('0', name, content.Length), .. Padded(content)];

    public static byte[] Padded(string content)
    {
        byte[] blocks = new byte[TarLayout.RoundUp(content.Length)];
        Encoding.Latin1.GetBytes(content, blocks);
        return blocks;
    }

    public static string Record(string key, string value)
    {
        int content = key.Length + value.Length + 3, length = content;
        while (length != content + length.ToString().Length)
            length = content + length.ToString().Length;
        return $"{length} {key}={value}\n";
    }

    public static void Gnu(byte[] block) => HeaderField.GnuMagic.CopyTo(HeaderField.Magic.Of(block.AsSpan()));

    /// <summary>Puts text into a field, as it is.</summary>
    public static void Text(byte[] block, HeaderField field, string text)
    {
        field.Of(block.AsSpan()).Clear();
        field.WriteText(block, Encoding.Latin1.GetBytes(text));
    }
}
