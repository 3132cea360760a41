using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Entries;

/// <summary>Turns an entry into the metadata to set.</summary>
internal static class EntryMetadata
{
    public static FileMetadata Of(TarEntry entry, FileKind kind, bool setOwner, LossLog losses)
    {
        bool idsFit = entry.UserId is >= 0 and <= uint.MaxValue && entry.GroupId is >= 0 and <= uint.MaxValue;
        if (setOwner && !idsFit)
        {
            losses.Note(MetadataLoss.Owner, EntryNames.Display(entry.Name.Span));
        }

        return new FileMetadata
        {
            Kind = kind,
            Mode = entry.Mode & 0xFFF,
            SetOwner = setOwner && idsFit,
            UserId = idsFit ? (uint)entry.UserId : uint.MaxValue,
            GroupId = idsFit ? (uint)entry.GroupId : uint.MaxValue,
            // The first second of all has no positive counterpart, and could not be written into a pax record again.
            ModifiedAt = new Timestamp(Math.Max(entry.ModifiedSeconds, -long.MaxValue), entry.ModifiedNanoseconds),
            WindowsAttributes = entry.WindowsAttributes,
            CreatedAt = entry.CreatedSeconds is { } seconds ? new Timestamp(seconds, entry.CreatedNanoseconds) : null,
            Attributes = AttributesOf(entry, losses),
        };
    }

    /// <summary>What a symbolic link was when it was saved on Windows.</summary>
    public static LinkKind LinkKindOf(TarEntry entry) => entry.IsJunction ? LinkKind.Junction
        : entry.WindowsAttributes is not { } attributes ? LinkKind.Unknown
        : ((FileAttributes)attributes).HasFlag(FileAttributes.Directory) ? LinkKind.Directory
        : LinkKind.File;

    private static List<ExtendedAttribute>? AttributesOf(TarEntry entry, LossLog losses)
    {
        if (entry.Attributes.Count == 0 && entry.AccessAcl.IsEmpty && entry.DefaultAcl.IsEmpty)
        {
            return null;
        }

        var attributes = new List<ExtendedAttribute>();
        foreach (var attribute in entry.Attributes)
        {
            attributes.Add(new ExtendedAttribute(attribute.Name.ToArray(), attribute.Value.ToArray()));
        }

        AddAcl(entry, PosixAcl.AccessAttribute, entry.AccessAcl.Span, attributes, losses);
        AddAcl(entry, PosixAcl.DefaultAttribute, entry.DefaultAcl.Span, attributes, losses);
        return attributes;
    }

    private static void AddAcl(
        TarEntry entry, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, List<ExtendedAttribute> attributes, LossLog losses)
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (PosixAcl.TryParse(text, null, out byte[] value))
        {
            attributes.Add(new ExtendedAttribute(name.ToArray(), value));
        }
        else
        {
            losses.Note(MetadataLoss.Attributes, EntryNames.Display(entry.Name.Span));
        }
    }
}
