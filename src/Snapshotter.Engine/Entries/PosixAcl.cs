using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Snapshotter.Engine.Entries;

/// <summary>
/// POSIX ACLs between their two forms: the value of the attribute system.posix_acl_access or _default (version 2:
/// little-endian entries of tag, permissions, id) and the text that pax records SCHILY.acl.access and .default hold
/// ("user::rw-,user:1000:r--,group::r--,mask::r--,other::r--"). Nothing here throws: what is no ACL gives false.
/// </summary>
internal static class PosixAcl
{
    private const uint Version = 2;
    private const int HeaderSize = 4;
    private const int EntrySize = 8;

    /// <summary>What fits the largest attribute value (64 KiB).</summary>
    private const int LargestCount = (65536 - HeaderSize) / EntrySize;
    private const uint NoId = uint.MaxValue;

    /// <summary>The id of a user or group name; null when there is none.</summary>
    internal delegate uint? NameResolver(bool isGroup, ReadOnlySpan<byte> name);

    // The values are those of the attribute, and their order is the order the kernel demands.
    private enum Tag : ushort
    {
        Owner = 1,
        User = 2,
        OwningGroup = 4,
        Group = 8,
        Mask = 16,
        Other = 32,
    }

    public static ReadOnlySpan<byte> AccessAttribute => "system.posix_acl_access"u8;

    public static ReadOnlySpan<byte> DefaultAttribute => "system.posix_acl_default"u8;

    /// <summary>The text of an attribute's value, ids as numbers.</summary>
    public static bool TryFormat(ReadOnlySpan<byte> value, out byte[] text)
    {
        text = [];
        if (!TryRead(value, out var entries) || !IsValid(entries))
        {
            return false;
        }
        var builder = new StringBuilder(entries.Count * 20);
        foreach (var entry in entries)
        {
            builder.Append(builder.Length == 0 ? "" : ",");
            builder.Append(entry.Tag switch
            {
                Tag.Owner or Tag.User => "user:",
                Tag.OwningGroup or Tag.Group => "group:",
                Tag.Mask => "mask:",
                _ => "other:",
            });
            if (entry.Tag is Tag.User or Tag.Group)
            {
                builder.Append(CultureInfo.InvariantCulture, $"{entry.Id}");
            }
            builder.Append(':')
                .Append((entry.Permissions & 4) != 0 ? 'r' : '-')
                .Append((entry.Permissions & 2) != 0 ? 'w' : '-')
                .Append((entry.Permissions & 1) != 0 ? 'x' : '-');
        }
        text = Encoding.ASCII.GetBytes(builder.ToString());
        return true;
    }

    /// <summary>
    /// The attribute's value for a text: entries between commas or line ends, "#" comments, long or one-letter tags,
    /// names or numbers, and the id that star writes as a last field behind a name.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, NameResolver? resolve, out byte[] value)
    {
        value = [];
        var entries = new List<Entry>();
        foreach (var lineRange in text.Split((byte)'\n'))
        {
            var line = text[lineRange];
            if (line.TrimStart(" \t\r"u8).StartsWith("#"u8))
            {
                continue;
            }
            foreach (var range in line.Split((byte)','))
            {
                var item = line[range];
                var comment = item.IndexOf((byte)'#');
                item = (comment >= 0 ? item[..comment] : item).Trim(" \t\r"u8);
                if (item.IsEmpty)
                {
                    continue;
                }
                if (entries.Count == LargestCount || !TryParseEntry(item, resolve, out var entry))
                {
                    return false;
                }
                entries.Add(entry);
            }
        }
        entries.Sort(static (a, b) => a.Tag != b.Tag ? a.Tag.CompareTo(b.Tag) : a.Id.CompareTo(b.Id));
        if (!IsValid(entries))
        {
            return false;
        }
        value = Write(entries);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<byte> value, out List<Entry> entries)
    {
        entries = [];
        if (value.Length < HeaderSize || (value.Length - HeaderSize) % EntrySize != 0
            || (value.Length - HeaderSize) / EntrySize > LargestCount
            || BinaryPrimitives.ReadUInt32LittleEndian(value) != Version)
        {
            return false;
        }
        for (var rest = value[HeaderSize..]; !rest.IsEmpty; rest = rest[EntrySize..])
        {
            var tag = (Tag)BinaryPrimitives.ReadUInt16LittleEndian(rest);
            var permissions = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            if (!Enum.IsDefined(tag) || permissions > 7)
            {
                return false;
            }
            entries.Add(new Entry(tag, permissions, BinaryPrimitives.ReadUInt32LittleEndian(rest[4..])));
        }
        return true;
    }

    private static byte[] Write(List<Entry> entries)
    {
        var value = new byte[HeaderSize + (entries.Count * EntrySize)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Version);
        var rest = value.AsSpan(HeaderSize);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)entry.Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], entry.Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], entry.Id);
            rest = rest[EntrySize..];
        }
        return value;
    }

    private static bool TryParseEntry(ReadOnlySpan<byte> item, NameResolver? resolve, out Entry entry)
    {
        entry = default;
        Span<Range> fields = stackalloc Range[4];
        var count = 0;
        foreach (var field in item.Split((byte)':'))
        {
            if (count == fields.Length)
            {
                return false;
            }
            fields[count++] = field;
        }
        if (count < 2)
        {
            return false;
        }
        var tagText = item[fields[0]].Trim(" \t"u8);
        var qualifier = item[fields[1]].Trim(" \t"u8);
        Tag tag;
        if (tagText.SequenceEqual("user"u8) || tagText.SequenceEqual("u"u8))
        {
            tag = qualifier.IsEmpty ? Tag.Owner : Tag.User;
        }
        else if (tagText.SequenceEqual("group"u8) || tagText.SequenceEqual("g"u8))
        {
            tag = qualifier.IsEmpty ? Tag.OwningGroup : Tag.Group;
        }
        else if (tagText.SequenceEqual("mask"u8) || tagText.SequenceEqual("m"u8))
        {
            tag = Tag.Mask;
        }
        else if (tagText.SequenceEqual("other"u8) || tagText.SequenceEqual("o"u8))
        {
            tag = Tag.Other;
        }
        else
        {
            return false;
        }
        // "mask:r--" and "other:r--" may leave the empty qualifier out.
        var permissionsField = 2;
        if (tag is Tag.Mask or Tag.Other && !qualifier.IsEmpty)
        {
            permissionsField = 1;
        }
        if (permissionsField >= count || (count > permissionsField + 1 && tag is not (Tag.User or Tag.Group))
            || !TryParsePermissions(item[fields[permissionsField]].Trim(" \t"u8), out var permissions))
        {
            return false;
        }
        var id = NoId;
        if (tag is Tag.User or Tag.Group)
        {
            var starId = count == 4 ? item[fields[3]].Trim(" \t"u8) : default;
            if (!TryResolve(qualifier, starId, tag == Tag.Group, resolve, out id))
            {
                return false;
            }
        }
        entry = new Entry(tag, permissions, id);
        return true;
    }

    private static bool TryResolve(
        ReadOnlySpan<byte> qualifier, ReadOnlySpan<byte> starId, bool isGroup, NameResolver? resolve, out uint id)
    {
        if (TryParseId(qualifier, out id))
        {
            return true;
        }
        if (resolve?.Invoke(isGroup, qualifier) is { } known && known != NoId)
        {
            id = known;
            return true;
        }
        return TryParseId(starId, out id);
    }

    private static bool TryParseId(ReadOnlySpan<byte> text, out uint id) =>
        Utf8Parser.TryParse(text, out id, out var consumed) && consumed == text.Length && id != NoId;

    private static bool TryParsePermissions(ReadOnlySpan<byte> text, out ushort permissions)
    {
        permissions = 0;
        foreach (var character in text)
        {
            switch (character)
            {
                case (byte)'r':
                    permissions |= 4;
                    break;
                case (byte)'w':
                    permissions |= 2;
                    break;
                case (byte)'x':
                    permissions |= 1;
                    break;
                case (byte)'-':
                    break;
                default:
                    return false;
            }
        }
        return text.Length is > 0 and <= 3;
    }

    /// <summary>What the kernel accepts: in order, one owner, group and other, one mask when anybody is named, nobody twice.</summary>
    private static bool IsValid(List<Entry> entries)
    {
        var owners = 0;
        var groups = 0;
        var others = 0;
        var masks = 0;
        var named = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (entry.Tag is Tag.User or Tag.Group && entry.Id == NoId)
            {
                return false;
            }
            if (i > 0 && (entry.Tag < entries[i - 1].Tag || (entry.Tag == entries[i - 1].Tag && entry.Id == entries[i - 1].Id)))
            {
                return false;
            }
            switch (entry.Tag)
            {
                case Tag.Owner:
                    owners++;
                    break;
                case Tag.OwningGroup:
                    groups++;
                    break;
                case Tag.Other:
                    others++;
                    break;
                case Tag.Mask:
                    masks++;
                    break;
                default:
                    named++;
                    break;
            }
        }
        return owners == 1 && groups == 1 && others == 1 && masks <= 1 && (named == 0 || masks == 1);
    }

    private readonly record struct Entry(Tag Tag, ushort Permissions, uint Id);
}
