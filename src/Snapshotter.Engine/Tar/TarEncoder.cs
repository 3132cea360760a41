using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Snapshotter.Engine.Tar;

/// <summary>
/// Turns entries into header blocks: a ustar header, with a pax header before it for what does not fit there, and the
/// sparse map behind it (GNU format 1.0). What <c>tar --format=posix --xattrs --acls --sparse</c> would write, so that
/// every reader in use takes it without a warning. It has no state: threads may share it.
/// </summary>
internal static class TarEncoder
{
    /// <summary>Most runs an entry may have: the map ends with an empty one, and readers have a bound.</summary>
    public const int MaxSparseRuns = TarLayout.MaxSparseRuns - 1;

    private const long MaxId = uint.MaxValue;

    /// <summary>
    /// Appends the blocks of an entry that stand before its data and sets the offsets and <see cref="TarEntry.StoredSize"/>
    /// in the entry. The caller puts the data behind, for a sparse file only that of its runs, padded to whole blocks.
    /// </summary>
    /// <param name="entry">The entry. Nothing is kept of it.</param>
    /// <param name="output">Where the blocks are appended; as it was when this throws.</param>
    /// <param name="offset">Where in the archive the first block will stand, in bytes.</param>
    /// <param name="alignData">Whether the data is to begin on a multiple of <see cref="TarLayout.Alignment"/>.</param>
    /// <exception cref="ArgumentException">
    /// The entry cannot be written: a name is empty, contains a NUL or ends with a slash; attributes and names exceed
    /// <see cref="TarLayout.MaxPaxBody"/>; a number is out of range; a run other than the last is no multiple of 512 long
    /// (GNU tar begins each in a block of its own, others do not).
    /// </exception>
    public static void Encode(TarEntry entry, BlockBuffer output, long offset, bool alignData)
    {
        Check(entry, offset);
        bool sparse = entry.Sparse is not null;
        long storedSize = entry.Type == TypeFlag.Regular ? entry.Size : 0;
        int mapLength = 0;
        if (sparse)
        {
            storedSize = SumRuns(entry);
            mapLength = (int)TarLayout.RoundUp(MeasureMap(entry));
        }

        var layout = new Layout(storedSize + mapLength, NameFits(entry, out int prefixLength), prefixLength);
        int start = output.Length;
        output.Append(TarLayout.BlockSize);
        WriteRecords(entry, layout, output);
        int body = output.Length - start - TarLayout.BlockSize;
        if (body > TarLayout.MaxPaxBody - TarLayout.Alignment)
        {
            output.Truncate(start);
            throw TooLarge(nameof(entry));
        }

        if (alignData)
            body = Pad(output, body, offset, mapLength);
        if (body == 0)
        {
            output.Truncate(start);
        }
        else
        {
            output.Append(Padding(body));
            WritePaxHeader(output.Slice(start, TarLayout.BlockSize), entry, body);
        }

        WriteHeader(output.Append(TarLayout.BlockSize), entry, layout);
        if (sparse)
        {
            int mapStart = output.Length;
            WriteMap(entry, output);
            output.Append(Padding(output.Length - mapStart));
        }

        entry.StoredSize = storedSize;
        entry.HeaderOffset = offset;
        entry.DataOffset = offset + output.Length - start;
        entry.NextOffset = entry.DataOffset + TarLayout.RoundUp(storedSize);
    }

    /// <param name="Size">The header's size field: data and sparse map.</param>
    /// <param name="NameFits">Whether the header holds the whole name. Else a pax record does, and the header as much as there is room for.</param>
    /// <param name="PrefixLength">How much of the name is in the prefix field; 0 when it is not used.</param>
    private readonly record struct Layout(long Size, bool NameFits, int PrefixLength);

    private static int Padding(int length) => -length & (TarLayout.BlockSize - 1);

    private static void Check(TarEntry entry, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if ((offset & (TarLayout.BlockSize - 1)) != 0)
            throw new ArgumentException("An entry begins at a whole block.", nameof(offset));

        bool link = entry.Type is TypeFlag.HardLink or TypeFlag.SymbolicLink;
        if (!link && entry.Type is not (TypeFlag.Regular or TypeFlag.Directory or TypeFlag.Fifo
            or TypeFlag.CharacterDevice or TypeFlag.BlockDevice))
        {
            throw new ArgumentException($"Entries of type '{(char)entry.Type}' are not written.", nameof(entry));
        }

        CheckName(entry.Name.Span);
        if (entry.Name.Span[^1] == '/')
            throw new ArgumentException("A name ends with a slash.", nameof(entry));
        if (link)
            CheckName(entry.LinkName.Span);
        if (entry.UserName.Span.Contains((byte)0) || entry.GroupName.Span.Contains((byte)0))
            throw new ArgumentException("The name of an owner contains a NUL.", nameof(entry));
        CheckAttributes(entry);

        if (entry.Mode is < 0 or > 0xfff
            || entry.UserId is < 0 or > MaxId || entry.GroupId is < 0 or > MaxId
            || entry.ModifiedNanoseconds is < 0 or > 999_999_999 || entry.ModifiedSeconds == long.MinValue
            || entry.CreatedNanoseconds is < 0 or > 999_999_999 || entry.CreatedSeconds == long.MinValue
            || entry.Size < 0 || (entry.Sparse is null && entry.Size > long.MaxValue - offset - TarLayout.MaxPaxBody))
        {
            throw new ArgumentException("A number of an entry is out of range.", nameof(entry));
        }

        if (entry.Sparse is { } runs)
            CheckRuns(entry, runs);
    }

    private static void CheckName(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > TarLayout.MaxName || name.Contains((byte)0))
            throw new ArgumentException("A name is empty, too long or contains a NUL.", nameof(name));
    }

    private static void CheckAttributes(TarEntry entry)
    {
        long length = (long)entry.AccessAcl.Length + entry.DefaultAcl.Length + entry.UserName.Length + entry.GroupName.Length;
        foreach (var attribute in entry.Attributes)
        {
            if (attribute.Name.IsEmpty || attribute.Name.Span.Contains((byte)0))
                throw new ArgumentException("The name of an attribute is empty or contains a NUL.", nameof(entry));
            length += attribute.Name.Length + attribute.Value.Length;
        }

        // Before anything is written: what is too large should not cost memory either.
        if (length > TarLayout.MaxPaxBody)
            throw TooLarge(nameof(entry));
    }

    private static ArgumentException TooLarge(string parameter) =>
        new($"The names and attributes of an entry exceed {TarLayout.MaxPaxBody} bytes.", parameter);

    private static void CheckRuns(TarEntry entry, List<SparseRun> runs)
    {
        if (entry.Type != TypeFlag.Regular || runs.Count > MaxSparseRuns)
            throw new ArgumentException($"Only regular files are sparse, with {MaxSparseRuns} runs at most.", nameof(entry));

        long end = 0;
        for (int i = 0; i < runs.Count; i++)
        {
            var run = runs[i];
            bool whole = i == runs.Count - 1 || (run.Length & (TarLayout.BlockSize - 1)) == 0;
            if (run.Offset < end || run.Length <= 0 || run.Offset > entry.Size - run.Length || !whole)
                throw new ArgumentException("The runs of a sparse file are not in order, or not in whole blocks.", nameof(entry));
            end = run.Offset + run.Length;
        }
    }

    private static long SumRuns(TarEntry entry)
    {
        long sum = 0;
        foreach (var run in entry.Sparse!)
            sum += run.Length;
        return sum;
    }

    /// <summary>
    /// Decides on the name. ASCII names stand in the header when they fit. Others belong into a pax record, which is UTF-8;
    /// but names that are not UTF-8 are better off as raw bytes in the header, where no reader converts them: bsdtar
    /// complains about them in a record. A sparse file's header has the name that readers which know no holes should use.
    /// </summary>
    private static bool NameFits(TarEntry entry, out int prefixLength)
    {
        prefixLength = 0;
        if (entry.Sparse is not null)
            return false;

        var name = entry.Name.Span;
        if (!Ascii.IsValid(name) && Utf8.IsValid(name))
            return false;
        if (name.Length <= HeaderField.Name.Length)
            return true;
        if (name.Length > HeaderField.Prefix.Length + 1 + HeaderField.Name.Length)
            return false;

        // The last slash that leaves a prefix short enough also leaves the shortest name.
        int slash = name[..Math.Min(HeaderField.Prefix.Length + 1, name.Length)].LastIndexOf((byte)'/');
        if (slash <= 0 || name.Length - slash - 1 > HeaderField.Name.Length)
            return false;
        prefixLength = slash;
        return true;
    }

    private static bool LinkNameFits(ReadOnlySpan<byte> name) =>
        name.Length <= HeaderField.LinkName.Length && (Ascii.IsValid(name) || !Utf8.IsValid(name));

    private static bool OwnerFits(ReadOnlySpan<byte> name) => name.Length < HeaderField.UserName.Length && Ascii.IsValid(name);

    private static void WriteRecords(TarEntry entry, Layout layout, BlockBuffer output)
    {
        if (!entry.Comment.IsEmpty)
            PaxWriter.Write(output, "comment"u8, entry.Comment.Span);
        if (entry.Sparse is not null)
        {
            PaxWriter.Write(output, "GNU.sparse.major"u8, "1"u8);
            PaxWriter.Write(output, "GNU.sparse.minor"u8, "0"u8);
            PaxWriter.Write(output, "GNU.sparse.name"u8, entry.Name.Span);
            PaxWriter.Write(output, "GNU.sparse.realsize"u8, entry.Size);
        }
        else
        {
            if (!layout.NameFits)
                PaxWriter.Write(output, "path"u8, entry.Name.Span);

            // Not for sparse files, where Python takes it for the real size: for them the header's field has to do.
            if (layout.Size > HeaderField.Size.MaxOctal)
                PaxWriter.Write(output, "size"u8, layout.Size);
        }

        if (entry.Type is TypeFlag.HardLink or TypeFlag.SymbolicLink && !LinkNameFits(entry.LinkName.Span))
            PaxWriter.Write(output, "linkpath"u8, entry.LinkName.Span);
        if (entry.UserId > HeaderField.UserId.MaxOctal)
            PaxWriter.Write(output, "uid"u8, entry.UserId);
        if (entry.GroupId > HeaderField.GroupId.MaxOctal)
            PaxWriter.Write(output, "gid"u8, entry.GroupId);
        if (!OwnerFits(entry.UserName.Span))
            PaxWriter.Write(output, "uname"u8, entry.UserName.Span);
        if (!OwnerFits(entry.GroupName.Span))
            PaxWriter.Write(output, "gname"u8, entry.GroupName.Span);
        if (entry.ModifiedNanoseconds != 0 || entry.ModifiedSeconds < 0 || entry.ModifiedSeconds > HeaderField.Modified.MaxOctal)
            PaxWriter.WriteTime(output, "mtime"u8, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
        if (entry.CreatedSeconds is { } created)
            PaxWriter.WriteTime(output, "LIBARCHIVE.creationtime"u8, created, entry.CreatedNanoseconds);
        if (entry.WindowsAttributes is { } windows)
            PaxWriter.Write(output, "MSWINDOWS.fileattr"u8, windows);
        if (entry.IsJunction)
            PaxWriter.Write(output, "MSWINDOWS.mountpoint"u8, "1"u8);
        if (!entry.AccessAcl.IsEmpty)
            PaxWriter.Write(output, "SCHILY.acl.access"u8, entry.AccessAcl.Span);
        if (!entry.DefaultAcl.IsEmpty)
            PaxWriter.Write(output, "SCHILY.acl.default"u8, entry.DefaultAcl.Span);
        foreach (var attribute in entry.Attributes)
            PaxWriter.WriteAttribute(output, attribute);
    }

    /// <summary>
    /// Lengthens the pax body, or makes one, so that the data begins on a multiple of the alignment. Returns its length.
    /// </summary>
    private static int Pad(BlockBuffer output, int body, long offset, int mapLength)
    {
        int blocks = body == 0 ? 0 : (int)TarLayout.RoundUp(body);
        long data = offset + (body == 0 ? 0 : TarLayout.BlockSize + blocks) + TarLayout.BlockSize + mapLength;
        int gap = (int)(-data & (TarLayout.Alignment - 1));
        if (gap == 0)
            return body;

        if (body == 0)
        {
            // The pax header's own block is part of the gap; a pax header without a body would be odd.
            gap -= TarLayout.BlockSize;
            if (gap == 0)
                gap = TarLayout.Alignment;
        }

        PaxWriter.WriteComment(output, blocks + gap - body);
        return blocks + gap;
    }

    private static void WritePaxHeader(Span<byte> block, TarEntry entry, int body)
    {
        WriteNameWithFolder(block, entry.Name.Span, "PaxHeaders/"u8);
        HeaderField.Mode.WriteNumber(block, 0x1a4);
        HeaderField.UserId.WriteNumber(block, 0);
        HeaderField.GroupId.WriteNumber(block, 0);
        HeaderField.Size.WriteNumber(block, body);
        HeaderField.Modified.WriteNumber(block, Math.Clamp(entry.ModifiedSeconds, 0, HeaderField.Modified.MaxOctal));
        block[HeaderField.TypeFlagOffset] = (byte)TypeFlag.PaxHeader;
        HeaderField.PosixMagic.CopyTo(HeaderField.Magic.Of(block));
        HeaderField.DeviceMajor.WriteNumber(block, 0);
        HeaderField.DeviceMinor.WriteNumber(block, 0);
        TarBlock.Seal(block);
    }

    private static void WriteHeader(Span<byte> block, TarEntry entry, Layout layout)
    {
        var name = entry.Name.Span;
        if (entry.Sparse is not null)
        {
            WriteNameWithFolder(block, name, "GNUSparseFile.0/"u8);
        }
        else if (layout.PrefixLength > 0)
        {
            HeaderField.Prefix.WriteText(block, name[..layout.PrefixLength]);
            HeaderField.Name.WriteText(block, name[(layout.PrefixLength + 1)..]);
        }
        else
        {
            HeaderField.Name.WriteText(block, name);
        }

        bool device = entry.Type is TypeFlag.CharacterDevice or TypeFlag.BlockDevice;
        HeaderField.Mode.WriteNumber(block, entry.Mode);
        HeaderField.UserId.WriteNumber(block, entry.UserId);
        HeaderField.GroupId.WriteNumber(block, entry.GroupId);
        HeaderField.Size.WriteNumber(block, layout.Size);
        HeaderField.Modified.WriteNumber(block, entry.ModifiedSeconds);
        block[HeaderField.TypeFlagOffset] = (byte)entry.Type;
        if (entry.Type is TypeFlag.HardLink or TypeFlag.SymbolicLink)
            HeaderField.LinkName.WriteText(block, entry.LinkName.Span);
        HeaderField.PosixMagic.CopyTo(HeaderField.Magic.Of(block));
        HeaderField.UserName.WriteText(block, entry.UserName.Span);
        HeaderField.GroupName.WriteText(block, entry.GroupName.Span);
        HeaderField.DeviceMajor.WriteNumber(block, device ? entry.DeviceMajor : 0);
        HeaderField.DeviceMinor.WriteNumber(block, device ? entry.DeviceMinor : 0);
        TarBlock.Seal(block);
    }

    /// <summary>Writes the name with a folder put in before its last part, as GNU tar does; what does not fit is cut off.</summary>
    private static void WriteNameWithFolder(Span<byte> block, ReadOnlySpan<byte> name, ReadOnlySpan<byte> folder)
    {
        var field = HeaderField.Name.Of(block);
        int parent = Math.Min(name.LastIndexOf((byte)'/') + 1, field.Length - folder.Length - 1);
        name[..parent].CopyTo(field);
        folder.CopyTo(field[parent..]);
        var last = name[(name.LastIndexOf((byte)'/') + 1)..];
        var rest = field[(parent + folder.Length)..];
        last[..Math.Min(last.Length, rest.Length)].CopyTo(rest);
    }

    private static long MeasureMap(TarEntry entry)
    {
        long length = LineLength(entry.Sparse!.Count + 1) + LineLength(entry.Size) + LineLength(0);
        foreach (var run in entry.Sparse)
            length += LineLength(run.Offset) + LineLength(run.Length);
        return length;
    }

    private static int LineLength(long number)
    {
        int length = 2;
        for (; number >= 10; number /= 10)
            length++;
        return length;
    }

    /// <summary>Writes the map: the runs, and an empty one at the end of the file, by which GNU tar knows its length.</summary>
    private static void WriteMap(TarEntry entry, BlockBuffer output)
    {
        WriteLine(output, entry.Sparse!.Count + 1);
        foreach (var run in entry.Sparse)
        {
            WriteLine(output, run.Offset);
            WriteLine(output, run.Length);
        }

        WriteLine(output, entry.Size);
        WriteLine(output, 0);
    }

    private static void WriteLine(BlockBuffer output, long number)
    {
        Span<byte> line = stackalloc byte[20];
        number.TryFormat(line, out int length, default, CultureInfo.InvariantCulture);
        line[length] = (byte)'\n';
        output.Append(line[..(length + 1)]);
    }
}
