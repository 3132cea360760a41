using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// The entries of one volume of one generation, in the order of the archive, with their paths below the volume's root.
/// Every name is checked here: what leaves this class stays below the root.
/// </summary>
internal sealed class VolumeReader
{
    private const int WindowSize = 1024 * 1024;

    private readonly ArchiveFile archive;
    private readonly ManifestVolume volume;
    private readonly byte[] rootName;
    private readonly TarReader reader;
    private readonly long rangeEnd;

    /// <exception cref="BackupException">ArchiveInvalid: the manifest's claim of where the volume lies cannot be true.</exception>
    public VolumeReader(ArchiveFile archive, Generation generation, ManifestVolume volume)
    {
        this.archive = archive;
        this.volume = volume;
        rootName = EntryNames.Join(generation.PrefixBytes, volume.Id);
        IsNative = generation.IsNative && volume.IsNative;
        long start = generation.Start;
        rangeEnd = generation.ManifestOffset;
        if (IsNative)
        {
            if (volume.Offset!.Value > rangeEnd - start || volume.Length!.Value > rangeEnd - start - volume.Offset.Value)
            {
                throw ArchiveErrors.Invalid(
                    archive.Path, generation.ManifestOffset, $"the manifest's extent of the volume '{volume.Target}' is not within its generation.");
            }

            start += volume.Offset.Value;
            rangeEnd = start + volume.Length.Value;
        }
        else
        {
            (start, rangeEnd) = generation.Extents.Of(archive, generation, volume);
        }

        Source = new WindowedSource(archive, (int)Math.Clamp(rangeEnd - start, TarLayout.Alignment, WindowSize));
        reader = new TarReader(Source, start, rangeEnd);
    }

    /// <summary>True when the archive says what the volume's headers' checksum is and how many entries there are.</summary>
    public bool IsNative { get; }

    /// <summary>Valid until the next call of <see cref="Next"/>.</summary>
    public TarEntry Entry => reader.Entry;

    /// <summary>Where the entry's data can be read from without another buffer.</summary>
    public WindowedSource Source { get; }

    /// <summary>The entry's path below the root, without empty or "." components; empty for the root itself.</summary>
    public byte[] Path { get; private set; } = [];

    /// <summary>The same for the target of a hard link; empty for all else.</summary>
    public byte[] LinkPath { get; private set; } = [];

    /// <summary>Entries read so far.</summary>
    public long Count { get; private set; }

    /// <summary>The bytes of all headers of the entry.</summary>
    public ReadOnlySpan<byte> HeaderBytes => reader.HeaderBytes;

    /// <summary>Reads the next entry of the volume.</summary>
    /// <exception cref="BackupException">ArchiveInvalid or UnsafeEntry, with offset and entry name.</exception>
    public bool Next()
    {
        try
        {
            while (reader.Next())
            {
                var name = EntryNames.TrimStart(Entry.Name.Span);
                if (!name.StartsWith(rootName) || (name.Length > rootName.Length && name[rootName.Length] != (byte)'/'))
                {
                    if (IsNative)
                    {
                        throw Unsafe($"the entry does not belong to the volume '{volume.Target}' that it stands in.");
                    }

                    continue;
                }

                Count++;
                Path = Clean(name[Math.Min(name.Length, rootName.Length + 1)..], "name");
                LinkPath = Entry.Type == TypeFlag.HardLink ? CleanLink() : [];
                return true;
            }
        }
        catch (TarFormatException e)
        {
            throw ArchiveErrors.Invalid(
                archive.Path, e, e.EntryName is { } name ? PlaceOf(System.Text.Encoding.UTF8.GetBytes(name)) : null);
        }

        if (IsNative && reader.End != TarEnd.RangeEnd)
        {
            throw ArchiveErrors.Invalid(archive.Path, reader.Position, $"the volume '{volume.Target}' ends before its extent does.");
        }

        return false;
    }

    /// <summary>Lets the current hard link point to another name of the same file.</summary>
    public void RedirectLink(byte[] path) => LinkPath = path;

    /// <summary>An error about the current entry.</summary>
    public BackupException Unsafe(string problem, Remedy remedy = Remedy.None) =>
        ArchiveErrors.Unsafe(archive.Path, Entry.HeaderOffset, Entry.Name.Span, problem, remedy, PlaceOf(Entry.Name.Span));

    /// <summary>What a message calls an entry.</summary>
    public string PlaceOf(ReadOnlySpan<byte> entryName) => EntryNames.InVolume(rootName, volume.Target, entryName);

    private byte[] CleanLink()
    {
        var link = EntryNames.TrimStart(Entry.LinkName.Span);
        if (!link.StartsWith(rootName) || (link.Length > rootName.Length && link[rootName.Length] != (byte)'/'))
        {
            throw Unsafe($"the hard link points to '{PlaceOf(link)}', outside its volume.");
        }

        byte[] path = Clean(link[Math.Min(link.Length, rootName.Length + 1)..], "hard link's target");
        return path.Length > 0 ? path : throw Unsafe("the hard link points to the volume's root.");
    }

    private byte[] Clean(ReadOnlySpan<byte> path, string what)
    {
        if (path.Contains((byte)0))
        {
            throw Unsafe($"the {what} contains a NUL.");
        }

        // The common case has nothing to clean, and then the bytes are the answer.
        bool plain = true;
        int start = 0;
        int depth = 0;
        while (start <= path.Length && path.Length > 0)
        {
            int length = path[start..].IndexOf((byte)'/');
            var component = length < 0 ? path[start..] : path.Slice(start, length);
            if (component.SequenceEqual(".."u8))
            {
                throw Unsafe($"the {what} contains '..'.");
            }

            if (++depth > EntryNames.MaxDepth)
            {
                throw Unsafe($"the {what} has more than {EntryNames.MaxDepth} components.");
            }

            plain &= !component.IsEmpty && !component.SequenceEqual("."u8);
            if (length < 0)
            {
                break;
            }

            start += length + 1;
        }

        return plain ? path.ToArray() : Rebuild(path);
    }

    private static byte[] Rebuild(ReadOnlySpan<byte> path)
    {
        var result = new List<byte>(path.Length);
        foreach (var range in path.Split((byte)'/'))
        {
            var component = path[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
            {
                continue;
            }

            if (result.Count > 0)
            {
                result.Add((byte)'/');
            }

            result.AddRange(component);
        }

        return [.. result];
    }
}
