using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Snapshotter.Engine.Tar;

/// <summary>
/// What the records of pax headers say about an entry, as far as this engine knows their keys: those of POSIX, the SCHILY
/// ones for attributes and ACLs, libarchive's for attributes, GNU's for sparse files. Unknown keys are passed over.
/// An empty value takes back what an earlier header said. One object is reused for all entries.
/// </summary>
internal sealed class PaxHeader
{
    private const int LongestShownKey = 100;

    public ReadOnlyMemory<byte> Path;
    public ReadOnlyMemory<byte> LinkPath;
    public ReadOnlyMemory<byte> UserName;
    public ReadOnlyMemory<byte> GroupName;
    public ReadOnlyMemory<byte> AccessAcl;
    public ReadOnlyMemory<byte> DefaultAcl;

    /// <summary>The bytes stored for the file behind the ustar header. It never has a say in the length of a header.</summary>
    public long? Size;
    public long? UserId;
    public long? GroupId;
    public long? DeviceMajor;
    public long? DeviceMinor;
    public long? ModifiedSeconds;
    public int ModifiedNanoseconds;
    public uint? WindowsAttributes;
    public bool IsJunction;
    public long? CreatedSeconds;
    public int CreatedNanoseconds;
    public ReadOnlyMemory<byte> SparseName;
    public long? SparseSize;

    /// <summary>
    /// The first key that a global header sets and that says something about entries, so that it counts for those that
    /// follow; null when there is none. A comment says nothing about them.
    /// </summary>
    public string? GlobalKey { get; private set; }

    private readonly List<TarAttribute> attributes = new(8);
    private readonly List<TarAttribute> libarchiveAttributes = new(8);
    private ReadOnlyMemory<byte> sparseList;
    private long? sparseMajor;
    private long? sparseMinor;
    private long? sparseCount;
    private long? sparsePendingOffset;

    /// <summary>The entry's attributes; libarchive writes each one twice, in two encodings.</summary>
    public List<TarAttribute> Attributes => attributes.Count > 0 ? attributes : libarchiveAttributes;

    /// <summary>True when the entry is a sparse file in one of the pax formats.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>True when the sparse map stands before the data (version 1.0).</summary>
    public bool HasMapInData => sparseMajor == 1;

    /// <summary>Forgets everything but what a global header set, where there was one.</summary>
    public void Reset(PaxHeader? global)
    {
        Path = global?.Path ?? default;
        LinkPath = global?.LinkPath ?? default;
        UserName = global?.UserName ?? default;
        GroupName = global?.GroupName ?? default;
        UserId = global?.UserId;
        GroupId = global?.GroupId;
        DeviceMajor = global?.DeviceMajor;
        DeviceMinor = global?.DeviceMinor;
        ModifiedSeconds = global?.ModifiedSeconds;
        ModifiedNanoseconds = global?.ModifiedNanoseconds ?? 0;

        AccessAcl = DefaultAcl = SparseName = sparseList = default;
        Size = SparseSize = sparseMajor = sparseMinor = sparseCount = sparsePendingOffset = null;
        WindowsAttributes = null;
        IsJunction = false;
        CreatedSeconds = null;
        CreatedNanoseconds = 0;
        attributes.Clear();
        libarchiveAttributes.Clear();
        IsSparse = false;
    }

    /// <summary>
    /// Takes in the records of a header of type 'x'. Values are slices of the body: it must stay as it is. Runs of the
    /// oldest sparse format, a record each, go straight into the map.
    /// </summary>
    public void Read(ReadOnlyMemory<byte> body, SparseMap map, long headerOffset)
    {
        var span = body.Span;
        var records = new PaxRecords(span);
        while (records.Next(headerOffset))
        {
            var key = span[records.Key];
            var value = body[records.Value];
            if (ReadCommon(key, value, headerOffset))
                continue;
            if (attributes.Count + libarchiveAttributes.Count > 2 * TarLayout.MaxAttributes)
                throw new TarFormatException(TarDefect.TooLarge, headerOffset, null, $"An entry has more than {TarLayout.MaxAttributes} attributes.");

            if (key.SequenceEqual("size"u8))
                Size = Number(value, headerOffset);
            else if (key.StartsWith("SCHILY."u8))
                ReadSchily(body[records.Key], value);
            else if (key.StartsWith("GNU.sparse."u8))
                ReadSparse(key["GNU.sparse.".Length..], value, map, headerOffset);
            else if (key.StartsWith("LIBARCHIVE.xattr."u8))
                ReadLibarchiveAttribute(key["LIBARCHIVE.xattr.".Length..], value.Span, headerOffset);
            else if (key.SequenceEqual("LIBARCHIVE.creationtime"u8))
                ReadCreated(value.Span);
            else if (key.SequenceEqual("MSWINDOWS.fileattr"u8))
                WindowsAttributes = PaxRecords.TryParseDecimal(value.Span, out long number) && number is >= 0 and <= uint.MaxValue ? (uint)number : null;
            else if (key.SequenceEqual("MSWINDOWS.mountpoint"u8))
                IsJunction = value.Span.SequenceEqual("1"u8);
        }
    }

    /// <summary>
    /// Takes in the records of a header of type 'g', which hold for all later entries. A size for all of them would
    /// let readers disagree on where the next entry begins: refused. Attributes for all are nothing anybody writes.
    /// </summary>
    public void ReadGlobal(ReadOnlyMemory<byte> body, long headerOffset)
    {
        var span = body.Span;
        var records = new PaxRecords(span);
        while (records.Next(headerOffset))
        {
            var key = span[records.Key];
            if (key.SequenceEqual("size"u8) || key.StartsWith("GNU.sparse."u8))
                throw Malformed(headerOffset, "A global pax header sets the size of all entries.");

            if (GlobalKey is null && !key.SequenceEqual("comment"u8))
                GlobalKey = Encoding.UTF8.GetString(key[..Math.Min(key.Length, LongestShownKey)]);

            // The values outlive the body: names need memory of their own.
            ReadCommon(key, body[records.Value].ToArray(), headerOffset);
        }
    }

    /// <summary>Completes the map with what the records say; one of version 1.0 stands in the data instead.</summary>
    public void ReadSparseMap(SparseMap map, long headerOffset)
    {
        bool known = (sparseMajor, sparseMinor) is (null, null) or (0, 0 or 1) or (1, 0);
        if (!known)
        {
            throw new TarFormatException(
                TarDefect.Unsupported, headerOffset, null, $"Sparse files of version {sparseMajor}.{sparseMinor} are not known.");
        }

        if (SparseSize is null || sparsePendingOffset is not null)
            throw Malformed(headerOffset, "The records of a sparse file are not complete.");
        if (HasMapInData)
            return;

        if (!sparseList.IsEmpty)
            map.AddList(sparseList.Span, headerOffset);
        if (sparseCount is { } count && count != map.Count)
            throw Malformed(headerOffset, "A sparse map does not have as many runs as it says.");
    }

    /// <summary>Keys that a global header may set, too.</summary>
    private bool ReadCommon(ReadOnlySpan<byte> key, ReadOnlyMemory<byte> value, long headerOffset)
    {
        switch (key.Length)
        {
            case 3 when key.SequenceEqual("uid"u8):
                UserId = Number(value, headerOffset);
                return true;
            case 3 when key.SequenceEqual("gid"u8):
                GroupId = Number(value, headerOffset);
                return true;
            case 4 when key.SequenceEqual("path"u8):
                Path = Name(value, headerOffset);
                return true;
            case 5 when key.SequenceEqual("mtime"u8):
                ReadModified(value.Span, headerOffset);
                return true;
            case 5 when key.SequenceEqual("uname"u8):
                UserName = Name(value, headerOffset);
                return true;
            case 5 when key.SequenceEqual("gname"u8):
                GroupName = Name(value, headerOffset);
                return true;
            case 8 when key.SequenceEqual("linkpath"u8):
                LinkPath = Name(value, headerOffset);
                return true;
            case 15 when key.SequenceEqual("SCHILY.devmajor"u8):
                DeviceMajor = Number(value, headerOffset);
                return true;
            case 15 when key.SequenceEqual("SCHILY.devminor"u8):
                DeviceMinor = Number(value, headerOffset);
                return true;
            default:
                return false;
        }
    }

    private void ReadModified(ReadOnlySpan<byte> value, long headerOffset)
    {
        ModifiedSeconds = null;
        ModifiedNanoseconds = 0;
        if (value.IsEmpty)
            return;
        if (!PaxRecords.TryParseTime(value, out long seconds, out ModifiedNanoseconds))
            throw Malformed(headerOffset, "A time in a pax record is not well-formed.");
        ModifiedSeconds = seconds;
    }

    /// <summary>No reason to refuse an entry: a time that is not well-formed is as good as none.</summary>
    private void ReadCreated(ReadOnlySpan<byte> value)
    {
        CreatedSeconds = PaxRecords.TryParseTime(value, out long seconds, out CreatedNanoseconds) && seconds != long.MinValue ? seconds : null;
        CreatedNanoseconds = CreatedSeconds is null ? 0 : CreatedNanoseconds;
    }

    private void ReadSchily(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        var span = key.Span;
        if (span.StartsWith("SCHILY.xattr."u8) && span.Length > "SCHILY.xattr.".Length)
            attributes.Add(new TarAttribute(DecodeAttributeName(key["SCHILY.xattr.".Length..]), value));
        else if (span.SequenceEqual("SCHILY.acl.access"u8))
            AccessAcl = value;
        else if (span.SequenceEqual("SCHILY.acl.default"u8))
            DefaultAcl = value;
    }

    /// <summary>GNU tar writes '=' and '%' of an attribute's name as %3D and %25.</summary>
    private static ReadOnlyMemory<byte> DecodeAttributeName(ReadOnlyMemory<byte> name)
    {
        if (!name.Span.Contains((byte)'%'))
            return name;

        var source = name.Span;
        byte[] decoded = new byte[source.Length];
        int length = 0;
        for (int i = 0; i < source.Length; i++)
        {
            bool equals = source[i..].StartsWith("%3D"u8);
            bool percent = source[i..].StartsWith("%25"u8);
            decoded[length++] = equals ? (byte)'=' : source[i];
            i += equals || percent ? 2 : 0;
        }

        return decoded.AsMemory(0, length);
    }

    /// <summary>libarchive writes the name URL-encoded and the value in base64, without padding.</summary>
    private void ReadLibarchiveAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long headerOffset)
    {
        byte[] decodedName = new byte[name.Length];
        int nameLength = 0;
        for (int i = 0; i < name.Length; i++)
        {
            byte decoded = name[i];
            if (decoded == '%' && i + 2 < name.Length
                && byte.TryParse(name.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out decoded))
            {
                i += 2;
            }

            decodedName[nameLength++] = decoded;
        }

        byte[] padded = new byte[(value.Length + 3) / 4 * 4];
        padded.AsSpan().Fill((byte)'=');
        value.CopyTo(padded);
        if (nameLength == 0 || Base64.DecodeFromUtf8InPlace(padded, out int length) != OperationStatus.Done)
            throw Malformed(headerOffset, "An attribute in a pax record is not well-formed.");
        libarchiveAttributes.Add(new TarAttribute(decodedName.AsMemory(0, nameLength), padded.AsMemory(0, length)));
    }

    private void ReadSparse(ReadOnlySpan<byte> key, ReadOnlyMemory<byte> value, SparseMap map, long headerOffset)
    {
        IsSparse = true;
        if (key.SequenceEqual("name"u8))
            SparseName = Name(value, headerOffset);
        else if (key.SequenceEqual("realsize"u8) || key.SequenceEqual("size"u8))
            SparseSize = Number(value, headerOffset);
        else if (key.SequenceEqual("major"u8))
            sparseMajor = Number(value, headerOffset);
        else if (key.SequenceEqual("minor"u8))
            sparseMinor = Number(value, headerOffset);
        else if (key.SequenceEqual("numblocks"u8))
            sparseCount = Number(value, headerOffset);
        else if (key.SequenceEqual("map"u8))
            sparseList = value;
        else if (key.SequenceEqual("offset"u8) && sparsePendingOffset is null)
            sparsePendingOffset = Number(value, headerOffset);
        else if (key.SequenceEqual("numbytes"u8) && sparsePendingOffset is { } offset && Number(value, headerOffset) is { } length)
            AddRun(map, offset, length, headerOffset);
        else
            throw Malformed(headerOffset, "A record of a sparse file is out of place.");
    }

    private void AddRun(SparseMap map, long offset, long length, long headerOffset)
    {
        map.Add(offset, length, headerOffset);
        sparsePendingOffset = null;
    }

    private static long? Number(ReadOnlyMemory<byte> value, long headerOffset)
    {
        if (value.IsEmpty)
            return null;
        return PaxRecords.TryParseDecimal(value.Span, out long number)
            ? number
            : throw Malformed(headerOffset, "A number in a pax record is not well-formed.");
    }

    private static ReadOnlyMemory<byte> Name(ReadOnlyMemory<byte> value, long headerOffset)
    {
        if (value.Span.Contains((byte)0))
            throw Malformed(headerOffset, "A name in a pax record contains a NUL.");
        if (value.Length > TarLayout.MaxName)
            throw new TarFormatException(TarDefect.TooLarge, headerOffset, null, $"A name exceeds {TarLayout.MaxName} bytes.");
        return value;
    }

    private static TarFormatException Malformed(long offset, string message) => new(TarDefect.Malformed, offset, null, message);
}
