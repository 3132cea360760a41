using System.Buffers;
using System.Text;

namespace Snapshotter.Engine.FileSystem;

/// <summary>Names as text.</summary>
internal static class NameText
{
    /// <summary>Added to the value of a byte that is no UTF-8.</summary>
    private const int LoneSurrogates = 0xDC00;

    /// <summary>
    /// The bytes of a name as text of which none is lost: a byte that is no UTF-8 becomes the lone surrogate U+DC00 plus its
    /// value, as Python has it (PEP 383).
    /// </summary>
    public static string Decode(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name);
        if (!text.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return text;
        }

        var decoded = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out int length) == OperationStatus.Done)
            {
                decoded.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in name[..length])
                {
                    decoded.Append((char)(LoneSurrogates + b));
                }
            }

            name = name[length..];
        }

        return decoded.ToString();
    }
}
