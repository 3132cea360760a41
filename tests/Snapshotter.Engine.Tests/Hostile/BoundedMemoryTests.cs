using System.Globalization;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>
/// Archives that ask for memory, each read by a process of its own that has 90 MB for all objects: it needs no more, and
/// ends.
/// </summary>
public sealed class BoundedMemoryTests : IDisposable
{
    private const long HeapLimit = 90_000_000;

    private readonly TempFolder folder = new();

    public static TheoryData<string, string> Bombs()
    {
        var data = new TheoryData<string, string>();
        foreach (string bomb in Archives.Keys)
        {
            foreach (string target in new[] { "list", "test", "restore" })
            {
                data.Add(bomb, target);
            }
        }

        return data;
    }

    private static readonly Dictionary<string, Func<byte[]>> Archives = new()
    {
        ["pax body of eight megabytes"] = () => With(f => f.Pax(("comment", new string('c', TarLayout.MaxPaxBody - 100))).File("a")),
        ["many pax bodies"] = () => With(f =>
        {
            for (int i = 0; i < 12; i++)
            {
                f.Pax(("comment", new string('c', 4_000_000)));
            }

            f.File("a");
        }),
        ["small files megabytes apart"] = () => With(f =>
        {
            for (int i = 0; i < 60; i++)
            {
                f.Pax(("comment", new string('c', 1_200_000))).File(string.Create(CultureInfo.InvariantCulture, $"f{i:D3}"));
            }
        }),
        ["names of a megabyte"] = () => With(f =>
        {
            for (int i = 0; i < 40; i++)
            {
                f.File(string.Create(CultureInfo.InvariantCulture, $"{i:D4}") + string.Concat(Enumerable.Repeat("/" + new string('n', 200), 5000)));
            }
        }),
        ["half a million attributes"] = () => With(f => f.Pax([.. Enumerable.Range(0, 400_000).Select(_ => ("SCHILY.xattr.user.a", "v"))]).File("a")),
        ["attributes of megabytes for many files"] = () => With(f =>
        {
            for (int i = 0; i < 12; i++)
            {
                f.Pax([.. Enumerable.Range(0, 100).Select(n => (string.Create(CultureInfo.InvariantCulture, $"SCHILY.xattr.user.{n}"), new string('v', 60_000)))])
                    .File(string.Create(CultureInfo.InvariantCulture, $"f{i:D3}"));
            }
        }),
        ["sparse maps with half a million runs"] = () => With(f =>
        {
            for (int i = 0; i < 4; i++)
            {
                Sparse(f, string.Create(CultureInfo.InvariantCulture, $"s{i}"), TarLayout.MaxSparseRuns - 1);
            }
        }),
        ["sparse map with too many runs"] = () => With(f => Sparse(f, "s", 2 * TarLayout.MaxSparseRuns)),
        ["manifest of many volumes"] = () => Manifest(string.Concat(Enumerable.Range(0, 250_000).Select(i => $"- {{id: a{i}, type: dir, target: b}}\n"))),
        ["manifest of sixteen megabytes"] = () => Manifest(new string('#', 16 * 1024 * 1024)),
        ["manifest nested deeply"] = () => Manifest("- id: a\n  x: " + new string('[', 1_000_000)),
        ["manifest nested deeply, block"] = () => Manifest("- id: a\n  x:\n" + string.Concat(Enumerable.Range(1, 2000).Select(i => new string(' ', i + 2) + "-\n"))),
        ["manifest of aliases"] = () => Manifest("- &a [x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"- &{(char)('b' + (i % 20))} [*a,*a,*a,*a,*a,*a,*a,*a]\n"))),
        ["manifest of one long line"] = () => Manifest("- id: " + new string('x', 8_000_000)),
        ["manifest of broken volumes"] = () => Manifest(string.Concat(Enumerable.Repeat("- {\n", 1_500_000))),
        ["many manifests"] = () =>
        {
            var forge = new ArchiveForge();
            string text = string.Concat(Enumerable.Range(0, 250).Select(i => $"- {{id: a{i}, type: dir, target: {new string('t', 8000)}}}\n"));
            for (int i = 0; i < 20; i++)
            {
                forge.ManifestOf(text);
            }

            return forge.ToArray();
        },
        ["holes of exabytes"] = () => With(f =>
        {
            for (int i = 0; i < 200; i++)
            {
                f.Pax(("GNU.sparse.size", "9000000000000000000"), ("GNU.sparse.numblocks", "0"))
                    .RawHeader(new ForgedHeader(f.NameOf(string.Create(CultureInfo.InvariantCulture, $"s{i:D4}")), TypeFlag.Regular));
            }
        }),
        ["half a million components"] = () => With(f => f.File(string.Concat(Enumerable.Repeat("a/", 500_000)) + "x")),
        ["a thousand components"] = () => With(f => f.File(string.Concat(Enumerable.Repeat("a/", 1000)) + "x")),
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Stays_within(string bomb, string target)
    {
        byte[] archive = Archives[bomb]();
        string input = folder.WriteFile("bomb.tar", archive);

        // The fuzzer holds the input in memory; the engine gets what is left of the limit.
        string limit = string.Create(CultureInfo.InvariantCulture, $"DOTNET_GCHeapHardLimit={archive.Length + HeapLimit:x}");
        var result = Tool.Run(
            "env", limit, "dotnet", "exec", typeof(ArchiveForge).Assembly.Location, "--target", target, "--input", input, "--out", folder["found"]);
        result.Succeeds();
        Console.WriteLine($"Memory: {bomb}, {archive.Length} bytes, {result.Lines[^1]}");
    }

    private static byte[] With(Action<ArchiveForge> build)
    {
        var forge = new ArchiveForge().Volume(Corpus.DirectoryTarget);
        build(forge);
        return forge.NativeManifest().ToArray();
    }

    private static byte[] Manifest(string text) => new ArchiveForge().Volume(Corpus.DirectoryTarget).File("a").ManifestOf(text).ToArray();

    private static void Sparse(ArchiveForge forge, string name, int runs)
    {
        var map = new System.Text.StringBuilder();
        map.Append(CultureInfo.InvariantCulture, $"{runs}\n");
        for (int i = 0; i < runs; i++)
        {
            map.Append(CultureInfo.InvariantCulture, $"{1_000_000_000_000L + (i * 1024L)}\n0\n");
        }

        byte[] text = ArchiveForge.Bytes(map.ToString());
        forge.Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "2000000000000"))
            .RawHeader(new ForgedHeader(forge.NameOf(name), TypeFlag.Regular) { Size = TarLayout.RoundUp(text.Length) }).Data(text);
    }
}
