using System.Text;

namespace Snapshotter.Engine.Tar;

/// <summary>
/// Reads entry by entry: v7, ustar, pax, star, old and present GNU. Data is passed over. Where tars in use disagree on
/// what a header means, this follows what they have in common; what would let two of them see different entries is
/// refused. It does not buffer: the source should, for headers come in few small reads.
/// </summary>
internal sealed class TarReader
{
    /// <summary>A pax header as old Solaris tars wrote it, like type 'x'.</summary>
    private const TypeFlag SolarisPaxHeader = (TypeFlag)'X';

    private readonly IBlockSource source;
    private readonly long end;
    private readonly long limit;
    private readonly HeaderWindow window;
    private readonly PaxHeader pax = new();
    private readonly SparseMap map = new();
    private readonly byte[] joinedName = new byte[HeaderField.Prefix.Length + 1 + HeaderField.Name.Length];
    private PaxHeader? globalPax;
    private ReadOnlyMemory<byte> longName;
    private ReadOnlyMemory<byte> longLinkName;

    /// <param name="source">Where the archive lies.</param>
    /// <param name="start">Offset of the first header to read.</param>
    /// <param name="end">No entry may reach beyond this offset; one that ends there is the last.</param>
    public TarReader(IBlockSource source, long start = 0, long end = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        this.source = source;
        this.end = end;
        limit = Math.Min(end, source.Length);
        window = new HeaderWindow(source, limit);
        Position = start;
    }

    /// <summary>The entry read last. One object for all of them, and its memory too is only valid until the next call of <see cref="Next"/>.</summary>
    public TarEntry Entry { get; } = new();

    /// <summary>Why there is no further entry, once <see cref="Next"/> has returned false.</summary>
    public TarEnd End { get; private set; }

    /// <summary>Where the next header is expected: that of the end marker when <see cref="Next"/> has returned false.</summary>
    public long Position { get; private set; }

    /// <summary>True when a global pax header was read: it counts for all entries behind it.</summary>
    public bool HasGlobalHeader => globalPax is not null;

    /// <summary>The first key that a global pax header sets for all entries behind it; null when none does.</summary>
    public string? GlobalKey => globalPax?.GlobalKey;

    /// <summary>All blocks of the entry before its data: extension headers, header, sparse map. Valid until the next call of <see cref="Next"/>.</summary>
    public ReadOnlyMemory<byte> HeaderMemory => window.Slice(0, (int)(Entry.DataOffset - Entry.HeaderOffset));

    /// <inheritdoc cref="HeaderMemory"/>
    public ReadOnlySpan<byte> HeaderBytes => HeaderMemory.Span;

    /// <summary>Reads the next entry's headers. False at the end of the archive or of the range.</summary>
    /// <exception cref="TarFormatException">The blocks are not well-formed.</exception>
    public bool Next()
    {
        if (End != TarEnd.None)
            return false;

        Entry.Clear();
        try
        {
            return Read();
        }
        catch (TarFormatException e) when (e.EntryName is null && Entry.Name.Length > 0)
        {
            throw new TarFormatException(e.Defect, e.Offset, ReadableName(), e.Message);
        }
    }

    private bool Read()
    {
        StartEntry();
        int at = 0;
        bool extended = false;
        while (true)
        {
            if (!window.Load(at + TarLayout.BlockSize))
            {
                return window.Offset + at == limit && !extended
                    ? Finish(limit == end ? TarEnd.RangeEnd : TarEnd.NoMarker, at)
                    : throw Incomplete(at);
            }

            var block = window.Block(at);
            if (TarBlock.IsZero(block))
            {
                if (extended)
                    throw Error(TarDefect.Malformed, at, "An extension header is followed by no entry.");
                bool both = window.Load(at + TarLayout.EndMarkerSize) && TarBlock.IsZero(window.Block(at + TarLayout.BlockSize));
                return Finish(both ? TarEnd.Marker : TarEnd.LoneZeroBlock, at);
            }

            if (!TarBlock.HasValidChecksum(block))
                throw NotHeader(block, at);

            int header = at;
            var type = (TypeFlag)block[HeaderField.TypeFlagOffset];
            at += TarLayout.BlockSize;
            if (!IsExtension(type))
            {
                ReadHeader(type, header, at);
                return true;
            }

            if (type == TypeFlag.PaxGlobalHeader && extended)
                throw Error(TarDefect.Malformed, header, "A global pax header stands between an extension header and its entry.");
            at += ReadExtension(type, header, at);
            extended |= type != TypeFlag.PaxGlobalHeader;
        }
    }

    private void StartEntry()
    {
        window.MoveTo(Position);
        pax.Reset(globalPax);
        map.Clear();
        longName = longLinkName = default;
    }

    private bool Finish(TarEnd reason, int at)
    {
        Position = window.Offset + at;
        End = reason;
        return false;
    }

    private static bool IsExtension(TypeFlag type) => type is TypeFlag.PaxHeader or TypeFlag.PaxGlobalHeader
        or TypeFlag.GnuLongName or TypeFlag.GnuLongLink or SolarisPaxHeader;

    /// <summary>
    /// Reads the body of a header that only tells about the next entry. Its length is what its own header says, whatever
    /// an earlier extension told: pax sizes are for files. Returns the bytes it takes. The last of a kind counts.
    /// </summary>
    private int ReadExtension(TypeFlag type, int header, int body)
    {
        bool isName = type is TypeFlag.GnuLongName or TypeFlag.GnuLongLink;
        long size = Number(HeaderField.Size, header, "size");
        if (size < 0)
            throw Error(TarDefect.Malformed, header, "An extension header has a negative size.");
        if (size > (isName ? TarLayout.MaxName : TarLayout.MaxPaxBody))
            throw Error(TarDefect.TooLarge, header, $"An extension header of {size} bytes is larger than any honest one.");

        long taken = TarLayout.RoundUp(size);
        if (!window.Load(body + taken))
            throw Incomplete(header);

        long offset = window.Offset + header;
        var content = window.Slice(body, (int)size);
        switch (type)
        {
            case TypeFlag.GnuLongName:
                longName = UpToNul(content);
                Entry.Name = longName;
                break;
            case TypeFlag.GnuLongLink:
                longLinkName = UpToNul(content);
                break;
            case TypeFlag.PaxGlobalHeader:
                globalPax ??= new PaxHeader();
                globalPax.ReadGlobal(content, offset);
                pax.Reset(globalPax);
                break;
            default:
                pax.Reset(globalPax);
                map.Clear();
                pax.Read(content, map, offset);
                Entry.Name = pax.Path;
                break;
        }

        return (int)taken;
    }

    private void ReadHeader(TypeFlag type, int header, int data)
    {
        ReadNames(header);
        ReadMetadata(header);
        Entry.HeaderOffset = Position;

        long size = pax.Size ?? Number(HeaderField.Size, header, "size");
        if (size < 0)
            throw Error(TarDefect.Malformed, header, "An entry has a negative size.");

        Entry.Type = type;
        switch (type)
        {
            case 0 or TypeFlag.Regular when Entry.Name.Span.EndsWith("/"u8):
                // Archives older than the typeflag tell directories by the slash.
                ReadHeaderOnly(TypeFlag.Directory, header, data, size);
                break;
            case TypeFlag.GnuSparse:
                ReadGnuSparse(header, data, size);
                break;
            case 0 or TypeFlag.Regular or TypeFlag.Contiguous when pax.IsSparse:
                ReadPaxSparse(header, data, size);
                break;
            case 0 or TypeFlag.Regular or TypeFlag.Contiguous:
                Entry.Type = TypeFlag.Regular;
                Entry.Size = size;
                Place(header, data, size);
                break;
            case TypeFlag.CharacterDevice or TypeFlag.BlockDevice:
                Entry.DeviceMajor = Device(pax.DeviceMajor, HeaderField.DeviceMajor, header);
                Entry.DeviceMinor = Device(pax.DeviceMinor, HeaderField.DeviceMinor, header);
                ReadHeaderOnly(type, header, data, size);
                break;
            case TypeFlag.HardLink or TypeFlag.SymbolicLink or TypeFlag.Directory or TypeFlag.Fifo:
                ReadHeaderOnly(type, header, data, size);
                break;
            case TypeFlag.GnuDumpDirectory:
                Entry.Type = TypeFlag.Directory;
                Place(header, data, size);
                break;
            case TypeFlag.GnuVolumeLabel:
                Place(header, data, size);
                break;
            case TypeFlag.GnuMultiVolume:
                throw Error(TarDefect.Unsupported, header, "The entry continues a file of another volume of the archive.");
            default:
                // POSIX: unknown types are to be read as regular files.
                Entry.Size = size;
                Place(header, data, size);
                break;
        }

        if (pax.IsSparse && Entry.Sparse is null)
            throw Error(TarDefect.Malformed, header, "An entry that is no regular file has a sparse map.");
        if (Entry.Type == TypeFlag.Directory)
            TrimSlashes();
        Position = Entry.NextOffset;
    }

    private void ReadNames(int header)
    {
        var block = window.Block(header);
        bool posix = HeaderField.Magic.Of(block).SequenceEqual(HeaderField.PosixMagic);
        bool gnu = HeaderField.Magic.Of(block).SequenceEqual(HeaderField.GnuMagic);

        Entry.Name = Text(HeaderField.Name, header);
        if (TarBlock.HasMagic(block))
        {
            Entry.UserName = Text(HeaderField.UserName, header);
            Entry.GroupName = Text(HeaderField.GroupName, header);
        }

        if ((posix || (gnu && HasPrefixOfOldGo(block))) && block[HeaderField.Prefix.Offset] != 0)
            JoinPrefix(block);

        Entry.LinkName = Text(HeaderField.LinkName, header);
        Override(ref Entry.Name, longName);
        Override(ref Entry.LinkName, longLinkName);
        Override(ref Entry.Name, pax.Path);
        Override(ref Entry.Name, pax.SparseName);
        Override(ref Entry.LinkName, pax.LinkPath);
        Override(ref Entry.UserName, pax.UserName);
        Override(ref Entry.GroupName, pax.GroupName);
        Entry.Attributes.AddRange(pax.Attributes);
        Entry.AccessAcl = pax.AccessAcl;
        Entry.DefaultAcl = pax.DefaultAcl;
        Entry.WindowsAttributes = pax.WindowsAttributes;
        Entry.IsJunction = pax.IsJunction;
        Entry.CreatedSeconds = pax.CreatedSeconds;
        Entry.CreatedNanoseconds = pax.CreatedNanoseconds;
    }

    private static void Override(ref ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> extended)
    {
        if (extended.Length > 0)
            name = extended;
    }

    /// <summary>Go before 1.8 wrote a prefix into GNU headers, where times belong: told by what cannot be a time.</summary>
    private static bool HasPrefixOfOldGo(ReadOnlySpan<byte> block)
    {
        bool times = HeaderField.GnuAccessed.TryReadNumber(block, out _) && HeaderField.GnuChanged.TryReadNumber(block, out _);
        return !times && Ascii.IsValid(HeaderField.Prefix.Of(block));
    }

    private void JoinPrefix(ReadOnlySpan<byte> block)
    {
        bool star = HeaderField.StarTrailer.Of(block).SequenceEqual("tar\0"u8);
        var field = star ? HeaderField.StarPrefix : HeaderField.Prefix;
        int prefix = field.TextLength(block);
        field.Of(block)[..prefix].CopyTo(joinedName);
        joinedName[prefix] = (byte)'/';
        Entry.Name.Span.CopyTo(joinedName.AsSpan(prefix + 1));
        Entry.Name = joinedName.AsMemory(0, prefix + 1 + Entry.Name.Length);
    }

    private void ReadMetadata(int header)
    {
        // Some tars put the type of the file into the higher bits.
        Entry.Mode = (int)(Number(HeaderField.Mode, header, "mode") & 0xfff);
        Entry.UserId = pax.UserId ?? Number(HeaderField.UserId, header, "uid");
        Entry.GroupId = pax.GroupId ?? Number(HeaderField.GroupId, header, "gid");

        Entry.ModifiedSeconds = pax.ModifiedSeconds ?? Number(HeaderField.Modified, header, "mtime");
        Entry.ModifiedNanoseconds = pax.ModifiedNanoseconds;
    }

    private uint Device(long? extended, HeaderField field, int header)
    {
        long number = extended ?? (TarBlock.HasMagic(window.Block(header)) ? Number(field, header, "device") : 0);
        return number is >= 0 and <= uint.MaxValue
            ? (uint)number
            : throw Error(TarDefect.Malformed, header, "A device number is out of range.");
    }

    /// <summary>
    /// Entries of these types have no data. Some writers give them a size all the same, and a few (pax -o linkdata) data
    /// as well: it is there when the next block is no header.
    /// </summary>
    private void ReadHeaderOnly(TypeFlag type, int header, int data, long size)
    {
        Entry.Type = type;
        bool hasData = size > 0 && window.Load(data + TarLayout.BlockSize)
            && !TarBlock.IsZero(window.Block(data)) && !TarBlock.HasValidChecksum(window.Block(data));
        Place(header, data, hasData ? size : 0);
    }

    /// <summary>The older of GNU's formats: four runs in the header, more in the blocks behind it.</summary>
    private void ReadGnuSparse(int header, int data, long size)
    {
        var block = window.Block(header);
        if (!HeaderField.Magic.Of(block).SequenceEqual(HeaderField.GnuMagic))
            throw Error(TarDefect.Unsupported, header, "The entry is sparse in a format that is not GNU tar's.");

        long offset = window.Offset + header;
        map.Clear();
        map.AddGnuRuns(block, HeaderField.GnuSparseOffset, HeaderField.GnuSparseRuns, offset);
        bool extended = block[HeaderField.GnuSparseExtendedOffset] != 0;
        while (extended)
        {
            if (!window.Load(data + TarLayout.BlockSize))
                throw Incomplete(header);
            block = window.Block(data);
            map.AddGnuRuns(block, 0, HeaderField.GnuExtensionRuns, offset);
            extended = block[HeaderField.GnuExtensionExtendedOffset] != 0;
            data += TarLayout.BlockSize;
        }

        SetSparse(Number(HeaderField.GnuRealSize, header, "real size"), size, offset);
        Place(header, data, size);
    }

    private void ReadPaxSparse(int header, int data, long size)
    {
        long offset = window.Offset + header;
        pax.ReadSparseMap(map, offset);
        Place(header, data, size);
        if (pax.HasMapInData)
        {
            int taken = map.ReadText(window, data, size);
            Entry.DataOffset += taken;
            Entry.StoredSize -= taken;
        }

        SetSparse(pax.SparseSize!.Value, Entry.StoredSize, offset);
    }

    private void SetSparse(long size, long storedSize, long offset)
    {
        map.Complete(size, storedSize, offset);
        Entry.Type = TypeFlag.Regular;
        Entry.Size = size;
        Entry.Sparse = map.Runs;
    }

    /// <summary>Notes where the entry's data lies, once it is known to be there, padding included.</summary>
    private void Place(int header, int data, long size)
    {
        long offset = window.Offset + data;
        if (size > limit - offset || TarLayout.RoundUp(size) > limit - offset)
        {
            throw Error(
                TarDefect.Truncated, header, $"The entry has {size} bytes of data, but the archive ends {limit - offset} bytes behind its header.");
        }

        Entry.DataOffset = offset;
        Entry.StoredSize = size;
        Entry.NextOffset = offset + TarLayout.RoundUp(size);
    }

    private void TrimSlashes()
    {
        var name = Entry.Name.Span;
        int length = name.Length;
        while (length > 1 && name[length - 1] == (byte)'/')
            length--;
        Entry.Name = Entry.Name[..length];
    }

    private ReadOnlyMemory<byte> Text(HeaderField field, int header) =>
        window.Slice(header + field.Offset, field.TextLength(window.Block(header)));

    private static ReadOnlyMemory<byte> UpToNul(ReadOnlyMemory<byte> text)
    {
        int nul = text.Span.IndexOf((byte)0);
        return nul < 0 ? text : text[..nul];
    }

    private long Number(HeaderField field, int header, string name) =>
        field.TryReadNumber(window.Block(header), out long value)
            ? value
            : throw Error(TarDefect.Malformed, header, $"The field '{name}' of a header is no number.");

    private TarFormatException NotHeader(ReadOnlySpan<byte> block, int at) =>
        window.Offset + at == 0 && !TarBlock.HasMagic(block)
            ? Error(TarDefect.NotTar, at, OtherFormat.FindUnpacker(block) is { } unpacker
                ? $"It is packed; unpack it with {unpacker} first."
                : "Its first block is no header of a tar.")
            : Error(TarDefect.BadChecksum, at, "A header's checksum does not fit.");

    private TarFormatException Incomplete(int at) =>
        window.Offset + at == 0 && source.Length < TarLayout.BlockSize
            ? Error(TarDefect.NotTar, at, "It is shorter than one block (512 bytes).")
            : Error(TarDefect.Truncated, at, "The archive ends within a header.");

    private TarFormatException Error(TarDefect defect, int at, string message) => new(defect, window.Offset + at, null, message);

    /// <summary>The name for messages; a hostile one may be a megabyte long, or hold what a terminal takes for commands.</summary>
    private string ReadableName()
    {
        const int longest = 1024;
        string name = Encoding.UTF8.GetString(Entry.Name.Span[..Math.Min(Entry.Name.Length, longest)]);
        return string.Concat(name.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
