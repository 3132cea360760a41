using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Fuzz;

/// <summary>
/// Builds archives block by block, honest or not: every field of a header can be set to anything, and the checksum fits
/// all the same. Volumes can be closed by the original program's manifest or by one of ours with everything in it right,
/// so that readers that trust a good trailer are attacked too.
/// </summary>
internal sealed class ArchiveForge(string prefix = "volumes")
{
    private readonly BlockBuffer bytes = new();
    private readonly List<ForgedVolume> volumes = [];
    private long generationStart;
    private int generation = 1;

    /// <summary>Offset of the next block.</summary>
    public long Position => bytes.Length;

    /// <summary>The name that a path in the volume begun last has in the archive.</summary>
    public byte[] NameOf(string path) => Bytes(Root + (path.Length == 0 ? "" : "/" + path));

    /// <summary>The name of the volume's root in the archive.</summary>
    public string Root => (prefix.Length == 0 ? "" : prefix + "/") + EntryNames.IdOf(volumes[^1].Target);

    /// <summary>Begins a volume: what follows belongs to it.</summary>
    public ArchiveForge Volume(string target, bool isDirectory = true)
    {
        EndVolume();
        volumes.Add(new ForgedVolume(target, isDirectory) { Start = Position });
        return isDirectory ? Header(new ForgedHeader(NameOf(""), TypeFlag.Directory) { Mode = 0x1ED }) : this;
    }

    public ArchiveForge File(string path, string content = "content") => File(NameOf(path), Bytes(content));

    public ArchiveForge File(byte[] name, byte[] content) =>
        Header(new ForgedHeader(name, TypeFlag.Regular) { Size = content.Length }).Data(content);

    public ArchiveForge Directory(string path) =>
        Header(new ForgedHeader(NameOf(path), TypeFlag.Directory) { Mode = 0x1ED });

    public ArchiveForge SymbolicLink(string path, string target) =>
        Header(new ForgedHeader(NameOf(path), TypeFlag.SymbolicLink) { LinkName = Bytes(target) });

    public ArchiveForge HardLink(string path, string target) =>
        Header(new ForgedHeader(NameOf(path), TypeFlag.HardLink) { LinkName = NameOf(target) });

    /// <summary>A header with a checksum that fits. A name that is too long for it gets a pax header.</summary>
    public ArchiveForge Header(in ForgedHeader header)
    {
        if (header.Name.Length > HeaderField.Name.Length)
        {
            Pax(("path", header.Name));
        }

        if (header.LinkName.Length > HeaderField.LinkName.Length)
        {
            Pax(("linkpath", header.LinkName));
        }

        return RawHeader(header);
    }

    /// <summary>As <see cref="Header"/>, but names are cut.</summary>
    public ArchiveForge RawHeader(in ForgedHeader header)
    {
        byte[] block = new byte[TarLayout.BlockSize];
        HeaderField.Name.WriteText(block, header.Name);
        HeaderField.Mode.WriteNumber(block, header.Mode);
        HeaderField.UserId.WriteNumber(block, header.UserId);
        HeaderField.GroupId.WriteNumber(block, header.GroupId);
        HeaderField.Size.WriteNumber(block, header.Size);
        HeaderField.Modified.WriteNumber(block, header.Modified);
        block[HeaderField.TypeFlagOffset] = (byte)header.Type;
        HeaderField.LinkName.WriteText(block, header.LinkName);
        "ustar\000"u8.CopyTo(block.AsSpan(HeaderField.Magic.Offset));
        HeaderField.DeviceMajor.WriteNumber(block, header.DeviceMajor);
        HeaderField.DeviceMinor.WriteNumber(block, header.DeviceMinor);
        TarBlock.Seal(block);
        return Append(block);
    }

    /// <summary>A pax header of type 'x' with the records.</summary>
    public ArchiveForge Pax(params (string Key, byte[] Value)[] records)
    {
        using var body = new MemoryStream();
        foreach (var (key, value) in records)
        {
            body.Write(PaxRecord(key, value));
        }

        return RawHeader(new ForgedHeader(Bytes("PaxHeader"), TypeFlag.PaxHeader) { Size = body.Length }).Data(body.ToArray());
    }

    /// <inheritdoc cref="Pax(ValueTuple{string, byte[]}[])"/>
    public ArchiveForge Pax(params (string Key, string Value)[] records) =>
        Pax([.. records.Select(r => (r.Key, Bytes(r.Value)))]);

    /// <summary>File data, padded to whole blocks.</summary>
    public ArchiveForge Data(ReadOnlySpan<byte> data)
    {
        bytes.Append(data);
        bytes.PadToBlock();
        return this;
    }

    /// <summary>Anything, as it is.</summary>
    public ArchiveForge Append(ReadOnlySpan<byte> blocks)
    {
        bytes.Append(blocks);
        return this;
    }

    /// <summary>The manifest as the original program writes it.</summary>
    public ArchiveForge ForeignManifest()
    {
        EndVolume();
        var text = new StringBuilder();
        foreach (var volume in volumes)
        {
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"- id: {EntryNames.IdOf(volume.Target)}\n  type: {(volume.IsDirectory ? "dir" : "file")}\n  target: \"{volume.Target}\"\n");
        }

        return ManifestOf(text.ToString());
    }

    /// <summary>A manifest with a text of one's own.</summary>
    public ArchiveForge ManifestOf(string text)
    {
        File(EntryNames.Join(Bytes(prefix), Manifest.FileName), Bytes(text));
        return EndGeneration();
    }

    /// <summary>A manifest of ours: the extents, counts and checksum of headers are those of what was forged.</summary>
    /// <param name="change">Changes what the manifest says of each volume.</param>
    public ArchiveForge NativeManifest(Func<ManifestVolume, ManifestVolume>? change = null)
    {
        EndVolume();
        var created = DateTimeOffset.UnixEpoch.AddDays(generation);
        var described = volumes.Select(Describe).Select(volume => change is null ? volume : change(volume)).ToList();
        Append(ManifestEntry.Encode(Bytes(prefix), described, created, generationStart, Position).Written);
        return EndGeneration();

        ManifestVolume Describe(ForgedVolume volume)
        {
            var totals = ForgedTotals.Of(bytes.WrittenMemory, volume.Start, volume.End);
            return new ManifestVolume
            {
                Id = EntryNames.IdOf(volume.Target),
                IsDirectory = volume.IsDirectory,
                Target = volume.Target,
                Created = created,
                Generation = generation,
                Entries = totals.Entries,
                Bytes = totals.Bytes,
                Checksum = ChecksumNames.None,
                Offset = volume.Start - generationStart,
                Length = volume.End - volume.Start,
                Headers = totals.Headers,
            };
        }
    }

    /// <summary>The archive, with an end-of-archive marker.</summary>
    public byte[] ToArray()
    {
        byte[] archive = new byte[bytes.Length + TarLayout.EndMarkerSize];
        bytes.Written.CopyTo(archive);
        return archive;
    }

    public static byte[] PaxRecord(string key, ReadOnlySpan<byte> value)
    {
        int rest = 1 + Encoding.UTF8.GetByteCount(key) + 1 + value.Length + 1;
        int length = rest;
        while (length != rest + Digits(length))
        {
            length = rest + Digits(length);
        }

        return [.. Bytes($"{length} {key}="), .. value, (byte)'\n'];
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static int Digits(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture).Length;

    private void EndVolume()
    {
        if (volumes.Count > 0 && volumes[^1].End < 0)
        {
            volumes[^1] = volumes[^1] with { End = Position };
        }
    }

    private ArchiveForge EndGeneration()
    {
        volumes.Clear();
        generationStart = Position;
        generation++;
        return this;
    }

    private sealed record ForgedVolume(string Target, bool IsDirectory)
    {
        public long Start { get; init; }

        public long End { get; init; } = -1;
    }
}

/// <summary>The fields of a header, each free to be nonsense.</summary>
internal readonly record struct ForgedHeader(byte[] Name, TypeFlag Type)
{
    public byte[] LinkName { get; init; } = [];

    public long Size { get; init; }

    public int Mode { get; init; } = 0x1A4;

    public long UserId { get; init; }

    public long GroupId { get; init; }

    public long Modified { get; init; } = 1_000_000_000;

    public long DeviceMajor { get; init; }

    public long DeviceMinor { get; init; }
}
