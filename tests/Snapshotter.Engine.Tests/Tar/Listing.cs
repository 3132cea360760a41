using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Tar;

/// <summary>An entry as some reader sees it. Names hold one char per byte, so that any bytes compare and print.</summary>
internal sealed record ListedEntry(
    string Name, char Type, int Mode, long UserId, long GroupId, long Seconds, int Nanoseconds, long Size, string LinkName, string Content);

/// <summary>What this engine and the oracles find in an archive.</summary>
internal static class Listing
{
    /// <summary>Content beyond this size is not compared: fixtures declare files of 60 GB, all hole.</summary>
    private const long LargestContent = 1 << 24;

    /// <summary>What both scripts need: a line of hex and decimal fields per entry, with the SHA-256 of the content.</summary>
    private const string PythonPrelude = """
        import sys, os, stat, tarfile, hashlib, decimal
        def line(name, kind, mode, uid, gid, seconds, nanoseconds, size, link, data):
            content = ''
            if kind == '0' and size <= 1 << 24:
                digest = hashlib.sha256()
                while chunk := data().read(1 << 24):
                    digest.update(chunk)
                content = digest.hexdigest()
            print(name.hex(), kind, mode & 0o7777, uid, gid, seconds, nanoseconds, size if kind == '0' else 0,
                  link.hex() if kind in '12' else '', content, sep='\t')
        """;

    private const string PythonArchive = PythonPrelude + "\n" + """
        kinds = {tarfile.LNKTYPE: '1', tarfile.SYMTYPE: '2', tarfile.CHRTYPE: '3', tarfile.BLKTYPE: '4', tarfile.DIRTYPE: '5', tarfile.FIFOTYPE: '6'}
        for path in sys.argv[1:]:
            archive = tarfile.open(path)
            for m in archive:
                mtime = decimal.Decimal(m.pax_headers.get('mtime', repr(m.mtime)))
                seconds = mtime.to_integral_value(decimal.ROUND_FLOOR)
                kind = '0' if m.isreg() else kinds.get(m.type, m.type.decode('latin-1'))
                opened = []
                def data():
                    if not opened: opened.append(archive.extractfile(m))
                    return opened[0]
                line(m.name.encode('utf-8', 'surrogateescape'), kind, m.mode, m.uid, m.gid, seconds,
                     int((mtime - seconds) * 1000000000), m.size, m.linkname.encode('utf-8', 'surrogateescape'), data)
        """;

    private const string PythonFolder = PythonPrelude + "\n" + """
        kinds = {stat.S_IFLNK: '2', stat.S_IFCHR: '3', stat.S_IFBLK: '4', stat.S_IFDIR: '5', stat.S_IFIFO: '6', stat.S_IFREG: '0'}
        def walk(folder):
            for entry in os.scandir(folder):
                s = entry.stat(follow_symlinks=False)
                opened = []
                def data():
                    if not opened: opened.append(open(entry.path, 'rb'))
                    return opened[0]
                link = os.readlink(entry.path) if entry.is_symlink() else b''
                line(os.path.relpath(entry.path, root), kinds[stat.S_IFMT(s.st_mode)], s.st_mode, s.st_uid, s.st_gid,
                     s.st_mtime_ns // 1000000000, s.st_mtime_ns % 1000000000, s.st_size, link, data)
                if entry.is_dir(follow_symlinks=False): walk(entry.path)
        root = os.fsencode(sys.argv[1])
        walk(root)
        """;

    /// <summary>As this engine reads it.</summary>
    public static List<ListedEntry> Read(byte[] archive)
    {
        var reader = new TarReader(new MemorySource(archive));
        var entries = new List<ListedEntry>();
        while (reader.Next())
        {
            var e = reader.Entry;
            bool link = e.Type is TypeFlag.HardLink or TypeFlag.SymbolicLink;
            bool regular = e.Type == TypeFlag.Regular;
            entries.Add(new ListedEntry(
                Raw(e.Name), (char)e.Type, e.Mode, e.UserId, e.GroupId, e.ModifiedSeconds, e.ModifiedNanoseconds, e.Size,
                link ? Raw(e.LinkName) : "", regular && e.Size <= LargestContent ? Hash(archive, e) : ""));
        }

        return entries;
    }

    /// <summary>As Python's tarfile reads it; several archives one after the other.</summary>
    public static List<ListedEntry> ReadWithPython(params string[] paths) =>
        [.. Tool.Python(null, PythonArchive, paths).Succeeds().Lines.Select(ParseLine)];

    /// <summary>What is in a folder, by name; the folder itself is not. Hard links are files like any other.</summary>
    public static SortedDictionary<string, ListedEntry> ReadFolder(string path) =>
        ByName(Tool.Python(null, PythonFolder, path).Succeeds().Lines.Select(ParseLine));

    /// <summary>Entries as a folder would have them after extraction: without "./", hard links resolved.</summary>
    public static SortedDictionary<string, ListedEntry> AsFolder(IEnumerable<ListedEntry> entries)
    {
        var result = new SortedDictionary<string, ListedEntry>(StringComparer.Ordinal);
        foreach (var entry in entries.Where(e => e.Name != "."))
        {
            string name = WithoutDot(entry.Name);
            result[name] = (entry.Type == '1' ? result[WithoutDot(entry.LinkName)] : entry) with { Name = name };
        }

        return result;
    }

    private static string WithoutDot(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static SortedDictionary<string, ListedEntry> ByName(IEnumerable<ListedEntry> entries) =>
        new(entries.ToDictionary(e => e.Name), StringComparer.Ordinal);

    /// <summary>A name of raw bytes, one char each.</summary>
    public static string Raw(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    /// <summary>The content of a file with its holes filled with zeros.</summary>
    public static byte[] Content(byte[] archive, TarEntry entry)
    {
        if (entry.Sparse is null)
            return archive[(int)entry.DataOffset..(int)(entry.DataOffset + entry.StoredSize)];

        byte[] content = new byte[entry.Size];
        long at = entry.DataOffset;
        foreach (var run in entry.Sparse)
        {
            archive.AsSpan((int)at, (int)run.Length).CopyTo(content.AsSpan((int)run.Offset));
            at += run.Length;
        }

        return content;
    }

    private static string Hash(byte[] archive, TarEntry entry) =>
        Convert.ToHexStringLower(SHA256.HashData(Content(archive, entry)));

    private static ListedEntry ParseLine(string line)
    {
        string[] f = line.Split('\t');
        long Number(int i) => long.Parse(f[i], CultureInfo.InvariantCulture);
        string Name(int i) => Encoding.Latin1.GetString(Convert.FromHexString(f[i]));
        return new ListedEntry(
            Name(0), f[1][0], (int)Number(2), Number(3), Number(4), Number(5), (int)Number(6), Number(7), Name(8), f[9]);
    }
}
