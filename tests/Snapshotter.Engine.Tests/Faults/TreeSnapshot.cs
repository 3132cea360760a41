using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>All that can be seen of a tree through the interfaces, a line per name, to compare two of them.</summary>
internal sealed class TreeSnapshot : IEquatable<TreeSnapshot>
{
    private const int TimeWord = 3;

    private readonly SortedDictionary<string, string> lines = new(StringComparer.Ordinal);
    private readonly Dictionary<FileId, string> firstNames = [];

    private TreeSnapshot()
    {
    }

    public int Count => lines.Count;

    public IEnumerable<string> Names => lines.Keys;

    /// <summary>What is told of a name; null when it is not there.</summary>
    public string? this[string name] => lines.GetValueOrDefault(name);

    /// <summary>The kind of a name and, of a regular file, size and checksum; null when it is not there.</summary>
    public string? ContentOf(string name)
    {
        var words = this[name]?.Split(' ');
        return words is ["Regular", _, _, _, var size, "bytes", var hash, ..] ? $"{size} {hash}" : words?[0];
    }

    /// <summary>Of a directory with all below it, or of a single file.</summary>
    public static TreeSnapshot Of(IFileSystem fileSystem, string path)
    {
        var snapshot = new TreeSnapshot();
        if (!fileSystem.TryGetStatus(path, out var status))
        {
            return snapshot;
        }
        if (status.Kind == FileKind.Directory)
        {
            using var directory = fileSystem.OpenDirectory(path);
            snapshot.AddDirectory(directory, "");
        }
        else
        {
            using var file = fileSystem.OpenFile(path, FileAccessKind.Read);
            snapshot.AddFile(file, "");
        }
        return snapshot;
    }

    /// <summary>The same, times left out.</summary>
    public TreeSnapshot WithoutTimes() => WithoutTimes(_ => true);

    /// <summary>The same, the time of one name left out; null for none.</summary>
    public TreeSnapshot WithoutTimes(string? of) => WithoutTimes(name => name == of);

    private TreeSnapshot WithoutTimes(Func<string, bool> isMeant)
    {
        var copy = new TreeSnapshot();
        foreach (var (name, line) in lines)
        {
            var words = line.Split(' ');
            copy.lines.Add(name, isMeant(name) ? string.Join(' ', words.Where((_, index) => index != TimeWord)) : line);
        }
        return copy;
    }

    /// <summary>The same, names that begin so left out.</summary>
    public TreeSnapshot Without(string start)
    {
        var copy = new TreeSnapshot();
        foreach (var (name, line) in lines.Where(line => !line.Key.StartsWith(start, StringComparison.Ordinal)))
        {
            copy.lines.Add(name, line);
        }
        return copy;
    }

    public bool Equals(TreeSnapshot? other) => other is not null && Differences(other).Length == 0;

    public override bool Equals(object? obj) => Equals(obj as TreeSnapshot);

    public override int GetHashCode() => lines.Count;

    /// <summary>What is in one and not in the other, for messages. Empty when they are the same.</summary>
    public string Differences(TreeSnapshot other)
    {
        var text = new StringBuilder();
        foreach (var name in lines.Keys.Union(other.lines.Keys).Order(StringComparer.Ordinal))
        {
            var (mine, others) = (lines.GetValueOrDefault(name), other.lines.GetValueOrDefault(name));
            if (mine != others)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"'{name}': {mine ?? "missing"} / {others ?? "missing"}");
            }
        }
        return text.ToString();
    }

    public override string ToString() => string.Join('\n', lines.Select(line => $"{line.Key}: {line.Value}"));

    private void AddDirectory(IDirectory directory, string prefix)
    {
        directory.GetStatus(out var status);
        var attributes = new List<ExtendedAttribute>();
        directory.GetAttributes(attributes);
        lines.Add(prefix.Length == 0 ? "/" : prefix, Describe(status, attributes, ""));
        var listing = directory.List();
        for (var i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            var path = $"{prefix}/{MemoryFileSystem.Decode(name)}";
            Assert.True(directory.TryGetStatus(name, out var child));
            switch (child.Kind)
            {
                case FileKind.Directory:
                    using (var inner = directory.OpenDirectory(name))
                    {
                        AddDirectory(inner, path);
                    }
                    break;
                case FileKind.Regular:
                    using (var file = directory.OpenFile(name))
                    {
                        AddFile(file, path);
                    }
                    break;
                default:
                    attributes.Clear();
                    directory.GetAttributes(name, attributes);
                    var target = child.Kind == FileKind.SymbolicLink ? MemoryFileSystem.Decode(directory.ReadLink(name)) : "";
                    lines.Add(path, Describe(child, attributes, $"{target} {child.DeviceMajor}:{child.DeviceMinor}{FirstName(child, path)}"));
                    break;
            }
        }
    }

    private void AddFile(IFile file, string path)
    {
        file.GetStatus(out var status);
        var content = new byte[status.Size];
        file.Read(content, 0);
        var attributes = new List<ExtendedAttribute>();
        file.GetAttributes(attributes);
        lines.Add(path, Describe(
            status, attributes, $"{status.Size} bytes {Convert.ToHexStringLower(SHA256.HashData(content))[..16]}{FirstName(status, path)}"));
    }

    private string FirstName(in FileStatus status, string path)
    {
        if (status.LinkCount < 2)
        {
            return "";
        }
        firstNames.TryAdd(status.Id, path);
        return $" same as {firstNames[status.Id]}";
    }

    private static string Describe(in FileStatus status, List<ExtendedAttribute> attributes, string rest)
    {
        var told = attributes.Select(a => $" {MemoryFileSystem.Decode(a.Name)}={Convert.ToHexStringLower(a.Value)}").Order(StringComparer.Ordinal);
        return $"{status.Kind} {Convert.ToString(status.Mode, 8)} {status.UserId}:{status.GroupId} "
            + $"{status.ModifiedAt.Seconds}.{status.ModifiedAt.Nanoseconds:D9} {rest}{string.Concat(told)}";
    }
}
