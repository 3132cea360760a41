using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Fuzz;

/// <summary>Everything that can be told of a tree, as text: to see whether anything changed, or whether two are the same.</summary>
internal static class TreeDigest
{
    public static string Of(string path)
    {
        var files = PlatformFileSystem.Current;
        if (!files.TryGetStatus(path, out var status))
        {
            return "absent";
        }

        var text = new StringBuilder();
        var links = new Dictionary<FileId, int>();
        if (status.Kind == FileKind.Directory)
        {
            using var root = files.OpenDirectory(path);
            Add(text, ".", status, root.GetAttributes);
            Walk(root, "", text, links);
        }
        else
        {
            using var parent = files.OpenDirectory(Path.GetDirectoryName(path)!);
            AddName(parent, Encoding.UTF8.GetBytes(Path.GetFileName(path)), "", text, links);
        }

        return text.ToString();
    }

    private static void Walk(IDirectory directory, string path, StringBuilder text, Dictionary<FileId, int> links)
    {
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            AddName(directory, listing.NameOf(i).Span, path, text, links);
        }
    }

    private static void AddName(IDirectory directory, ReadOnlySpan<byte> name, string path, StringBuilder text, Dictionary<FileId, int> links)
    {
        directory.TryGetStatus(name, out var status);
        string full = $"{path}/{Convert.ToHexString(name)}:{Encoding.UTF8.GetString(name)}";
        byte[] bytes = name.ToArray();
        Add(text, full, status, list => directory.GetAttributes(bytes, list));
        switch (status.Kind)
        {
            case FileKind.Directory:
                using (var child = directory.OpenDirectory(name))
                {
                    Walk(child, full, text, links);
                }

                break;
            case FileKind.SymbolicLink:
                text.Append(Convert.ToHexString(directory.ReadLink(name))).Append('\n');
                break;
            case FileKind.Regular:
                using (var file = directory.OpenFile(name))
                {
                    text.Append(HashOf(file)).Append('\n');
                }

                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice:
                text.Append(CultureInfo.InvariantCulture, $"{status.DeviceMajor},{status.DeviceMinor}\n");
                break;
        }

        if (status.Kind != FileKind.Directory && status.LinkCount > 1)
        {
            links.TryAdd(status.Id, links.Count);
            text.Append(CultureInfo.InvariantCulture, $"same {links[status.Id]}\n");
        }
    }

    private static void Add(StringBuilder text, string path, in FileStatus status, Action<List<ExtendedAttribute>> read)
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"{path} {status.Kind} {status.Mode:x} {status.UserId} {status.GroupId} {status.Size} {status.ModifiedAt.Seconds}.{status.ModifiedAt.Nanoseconds}\n");
        var attributes = new List<ExtendedAttribute>();
        read(attributes);
        foreach (var attribute in attributes.OrderBy(a => Convert.ToHexString(a.Name), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Encoding.UTF8.GetString(attribute.Name)}={Convert.ToHexString(attribute.Value)}\n");
        }
    }

    /// <summary>Pages of zeros count as holes, which are passed over: a file may have terabytes of them.</summary>
    private static string HashOf(IFile file)
    {
        const int page = 4096;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[page];
        long length = file.Length;
        for (long offset = file.NextData(0) & -page; offset < length; offset = file.NextData(offset + page) & -page)
        {
            int read = file.Read(buffer, offset);
            if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                hash.AppendData(BitConverter.GetBytes(offset));
                hash.AppendData(buffer, 0, read);
            }

            if (offset + page >= length)
            {
                break;
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
