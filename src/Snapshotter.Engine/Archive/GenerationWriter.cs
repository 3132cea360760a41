using System.IO.Hashing;
using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Archive;

/// <summary>
/// A generation while it is written: the mark in its first entry, its volumes one after the other with the checksum of their
/// headers, the list of checksums, and the manifest with its trailer. Who saves knows of none of these. Disposed without a
/// commit it leaves the archive as it was.
/// </summary>
internal sealed class GenerationWriter : IDisposable
{
    private readonly AppendTransaction transaction;
    private readonly ChecksumListWriter sums;
    private readonly ChecksumAlgorithm checksum;
    private readonly byte[] prefix;
    private readonly List<ManifestVolume> volumes = [];
    private readonly XxHash128 headers = new();
    private readonly BlockBuffer headerBuffer = new();
    private long volumeStart;
    private long volumeSumsStart;

    /// <summary>Begins one behind all that the archive holds.</summary>
    /// <param name="fileSystem">Where what does not fit into memory is kept meanwhile.</param>
    /// <param name="archive">The archive, open for writing.</param>
    /// <param name="map">What it holds.</param>
    /// <param name="prefix">The generation's path inside the tar.</param>
    /// <param name="checksum">How file data is protected.</param>
    /// <param name="durable">False leaves out the flushes to disk.</param>
    /// <param name="reporter">Is told of an append that was killed before, and is cut off.</param>
    /// <exception cref="BackupException">GlobalHeader, ArchiveInvalid; nothing was changed.</exception>
    public GenerationWriter(
        IFileSystem fileSystem, ArchiveFile archive, ArchiveMap map, string prefix, ChecksumAlgorithm checksum, bool durable, IReporter reporter)
    {
        this.prefix = Encoding.UTF8.GetBytes(prefix);
        this.checksum = checksum;
        Number = map.NextNumber;
        Created = DateTimeOffset.UtcNow;
        transaction = new AppendTransaction(archive, map, durable, reporter);
        sums = new ChecksumListWriter(fileSystem);
    }

    /// <summary>Its number, unique in the archive.</summary>
    public int Number { get; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Where data of large files may be written to, in room that was reserved.</summary>
    public IFile File => transaction.File;

    /// <summary>Bytes written so far.</summary>
    public long Length => transaction.Position - transaction.Start;

    /// <summary>What the next entry carries as its comment: the mark, if it is the first; else nothing.</summary>
    public ReadOnlyMemory<byte> Comment => Length == 0 ? GenerationMark.Comment : default;

    /// <summary>Begins a volume. Its first entry has the name that is returned, all others are below it.</summary>
    public byte[] BeginVolume(string target)
    {
        volumeStart = Length;
        volumeSumsStart = sums.Length;
        headers.Reset();
        return EntryNames.Join(prefix, EntryNames.IdOf(target));
    }

    /// <summary>Encodes an entry at its place, and writes it.</summary>
    public void WriteHeader(TarEntry entry, bool align)
    {
        headerBuffer.Clear();
        TarEncoder.Encode(entry, headerBuffer, transaction.Position, align);
        AddHeader(headerBuffer.Written);
        transaction.Write(headerBuffer.Written);
    }

    /// <summary>Takes note of headers that are written together with data.</summary>
    public void AddHeader(ReadOnlySpan<byte> header) => headers.Append(header);

    /// <summary>Writes data, or what was encoded elsewhere.</summary>
    public void Write(ReadOnlySpan<byte> data) => transaction.Write(data);

    /// <inheritdoc cref="AppendTransaction.Reserve"/>
    public long Reserve(long size) => transaction.Reserve(size);

    /// <summary>Writes zeros up to the next multiple of 512.</summary>
    public void PadToBlock() => transaction.PadToBlock();

    /// <summary>Adds a file's line to the list of checksums.</summary>
    /// <param name="hash">The checksum.</param>
    /// <param name="name">The file's whole name.</param>
    /// <param name="isOfDataOnly">The checksum leaves the file's holes out.</param>
    public void AddSum(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> name, bool isOfDataOnly = false) =>
        sums.Add(hash, name[(prefix.Length == 0 ? 0 : prefix.Length + 1)..], isOfDataOnly);

    /// <summary>Ends the volume that was begun last.</summary>
    /// <param name="target">The path that names it.</param>
    /// <param name="isDirectory">Whether it is a directory.</param>
    /// <param name="entries">Entries written, the root included.</param>
    /// <param name="bytes">Bytes of file data, holes included.</param>
    /// <param name="complete">Whether nothing was missed.</param>
    public void EndVolume(string target, bool isDirectory, long entries, long bytes, bool complete)
    {
        transaction.PadToBlock();
        volumes.Add(new ManifestVolume
        {
            Id = EntryNames.IdOf(target),
            IsDirectory = isDirectory,
            Target = target,
            Created = Created,
            Generation = Number,
            Entries = entries,
            Bytes = bytes,
            Complete = complete,
            Checksum = ChecksumNames.NameOf(checksum),
            Offset = volumeStart,
            Length = Length - volumeStart,
            Headers = Hex.Of(headers.GetCurrentHash()),
            SumsOffset = checksum == ChecksumAlgorithm.None ? null : volumeSumsStart,
            SumsLength = checksum == ChecksumAlgorithm.None ? null : sums.Length - volumeSumsStart,
        });
    }

    /// <summary>Writes what describes the volumes, and makes the generation part of the archive. When it throws the archive is as it was.</summary>
    /// <exception cref="BackupException">There are too many volumes, or the archive cannot be written.</exception>
    public void Commit(CancellationToken cancellation)
    {
        if (checksum != ChecksumAlgorithm.None)
        {
            long start = WriteSums();
            for (int i = 0; i < volumes.Count; i++)
            {
                volumes[i] = volumes[i] with { SumsOffset = start + volumes[i].SumsOffset };
            }
        }

        transaction.Write(ManifestEntry.Encode(prefix, volumes, Created, transaction.Start, transaction.Position).Written);
        transaction.Commit(cancellation);
    }

    public void Dispose()
    {
        sums.Dispose();
        transaction.Dispose();
    }

    /// <summary>Writes the list of checksums. Returns where its first line is, from the generation's first byte.</summary>
    private long WriteSums()
    {
        var entry = MetaEntry.Create(EntryNames.Join(prefix, ChecksumNames.ListName(checksum)), Created);
        entry.Size = sums.Length;
        headerBuffer.Clear();
        TarEncoder.Encode(entry, headerBuffer, transaction.Position, alignData: false);
        transaction.Write(headerBuffer.Written);
        long start = Length;
        sums.CopyTo(piece => transaction.Write(piece.Span));
        transaction.PadToBlock();
        return start;
    }
}
