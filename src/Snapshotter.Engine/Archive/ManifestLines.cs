using System.Globalization;
using System.Text;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// The manifest as this program writes it: one key and value a line, values plain words or in double quotes. It is YAML,
/// of which this reads no more than it writes: a YAML library takes longer to start than a backup of a small volume.
/// </summary>
internal static class ManifestLines
{
    private const string First = "- ";
    private const string Next = "  ";
    private const string Between = ": ";

    /// <summary>One line per key, so that damage to one volume's lines leaves the others readable.</summary>
    public static string Write(IReadOnlyList<ManifestVolume> volumes)
    {
        var text = new StringBuilder();
        foreach (var volume in volumes)
        {
            text.Append(First).Append("id: ").Append(volume.Id).Append('\n');
            Add(text, "type", volume.IsDirectory ? "dir" : "file");
            Add(text, "target", Quote(volume.Target));
            Add(text, "created", volume.Created?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            Add(text, "generation", Number(volume.Generation));
            Add(text, "entries", Number(volume.Entries));
            Add(text, "bytes", Number(volume.Bytes));
            Add(text, "complete", volume.Complete ? "true" : "false");
            Add(text, "checksum", volume.Checksum);
            Add(text, "offset", Number(volume.Offset));
            Add(text, "length", Number(volume.Length));
            Add(text, "headers", volume.Headers is null ? null : Quote(volume.Headers));
            Add(text, "sums-offset", Number(volume.SumsOffset));
            Add(text, "sums-length", Number(volume.SumsLength));
        }

        return text.Length == 0 ? "[]\n" : text.ToString();
    }

    /// <summary>The keys and values of each volume; null when any line is not as <see cref="Write"/> makes them.</summary>
    public static List<Dictionary<string, string>>? TryRead(string text)
    {
        var maps = new List<Dictionary<string, string>>();
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            var line = text.AsSpan(start, end - start);
            start = end + 1;
            if (line.StartsWith('#') && maps.Count > 0)
            {
                continue;
            }

            if (line.StartsWith(First))
            {
                maps.Add(new Dictionary<string, string>(StringComparer.Ordinal));
            }
            else if (!line.StartsWith(Next) || maps.Count == 0)
            {
                return null;
            }

            var pair = line[First.Length..];
            int colon = pair.IndexOf(Between);
            if (colon <= 0 || !IsKey(pair[..colon]) || ReadValue(pair[(colon + Between.Length)..]) is not { } value)
            {
                return null;
            }

            if (!maps[^1].TryAdd(pair[..colon].ToString(), value))
            {
                return null;
            }
        }

        return maps.Count > 0 ? maps : null;
    }

    private static void Add(StringBuilder text, string key, string? value)
    {
        if (value is not null)
        {
            text.Append(Next).Append(key).Append(Between).Append(value).Append('\n');
        }
    }

    private static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    /// <summary>A double-quoted scalar (YAML 1.2, 7.3.1): everything that is not plainly printable is escaped.</summary>
    private static string Quote(string value)
    {
        var quoted = new StringBuilder(value.Length + 2).Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\').Append(c);
            }
            else if (c is < ' ' or (>= '\x7f' and <= '\xa0') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff')
            {
                quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                quoted.Append(c);
            }
        }

        return quoted.Append('"').ToString();
    }

    private static bool IsKey(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or '-'))
            {
                return false;
            }
        }

        return text[0] != '-';
    }

    /// <summary>A word that means itself in YAML, or a text in double quotes; null for all else.</summary>
    private static string? ReadValue(ReadOnlySpan<char> text)
    {
        if (text is ['"', .. var inner, '"'])
        {
            return Unquote(inner);
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or ':' or '.'))
            {
                return null;
            }
        }

        return text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text[^1] != ':' ? text.ToString() : null;
    }

    private static string? Unquote(ReadOnlySpan<char> inner)
    {
        if (!inner.ContainsAny('\\', '"'))
        {
            return inner.ToString();
        }

        var value = new StringBuilder(inner.Length);
        for (int i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '"')
            {
                return null;
            }

            if (inner[i] != '\\')
            {
                value.Append(inner[i]);
            }
            else if (i + 1 < inner.Length && inner[i + 1] is '"' or '\\')
            {
                value.Append(inner[++i]);
            }
            else if (i + 5 < inner.Length && inner[i + 1] == 'u'
                && ushort.TryParse(inner.Slice(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                value.Append((char)code);
                i += 5;
            }
            else
            {
                return null;
            }
        }

        return value.ToString();
    }
}
