using System.Globalization;

namespace Snapshotter.Benchmarks.Measuring;

/// <summary>Says whether two trees, or a tree and an archive, are the same. GNU tar is the judge.</summary>
internal sealed class TreeCheck(Meter meter)
{
    private readonly Dictionary<string, string> digests = [];

    /// <summary>
    /// Hash of a canonical tar of the tree: names, data, hard links, modes, owners; when exact also times to the
    /// nanosecond, extended attributes and ACLs.
    /// </summary>
    public void SameTree(string source, string copy, bool exact)
    {
        string key = $"{source} {exact}";
        if (!digests.TryGetValue(key, out string? expected))
        {
            digests[key] = expected = Digest(source, exact);
        }

        if (Digest(copy, exact) != expected)
        {
            throw new CheckFailedException($"{copy} is not what {source} was.");
        }
    }

    /// <summary>The member of the archive holds each entry of the tree as it is on disk, and as many as there are.</summary>
    public void SameArchive(string archive, string member, string tree)
    {
        // bsdtar writes keywords of its own beside the usual ones; in our archives a warning is an error.
        string[] only = member.Length == 0
            ? ["--warning=no-unknown-keyword"]
            : ["--transform", $"s,^{member},.,", member];
        meter.Run(new Command("tar", ["-df", archive, "--xattrs", "--acls", "-C", tree, .. only]));
        int listed = meter.Run(new Command("tar", ["-tf", archive, .. only])).AsSpan().Count('\n');
        int expected = meter.Run(new Command("find", tree, "-printf", "x\n")).AsSpan().Count('\n');
        if (listed != expected)
        {
            throw new CheckFailedException($"{archive} holds {listed} entries of {tree}, which has {expected}.");
        }
    }

    /// <summary>Holes are still holes: the copy takes no more blocks than the source, but for a few.</summary>
    public void NoMoreSpace(string source, string copy)
    {
        long allowed = DiskUsage(source) * 101 / 100 + 1_000_000;
        long used = DiskUsage(copy);
        if (used > allowed)
        {
            throw new CheckFailedException($"{copy} takes {used} bytes on disk, {source} no more than {allowed}.");
        }
    }

    public long DiskUsage(string path) => long.Parse(
        meter.Run(new Command("du", "-s", "--block-size=1", path)).Split('\t')[0], CultureInfo.InvariantCulture);

    private string Digest(string tree, bool exact)
    {
        string flags = exact ? "--xattrs --acls" : "--mtime=@0";
        return meter.Run(new Command("sh", "-c",
            $"tar --format=posix --pax-option=exthdr.name=x,delete=atime,delete=ctime --sort=name {flags} -C \"$0\" -cf - . | sha256sum",
            tree));
    }
}
