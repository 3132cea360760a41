using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Restoring.Preflight;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

/// <summary>What is measured here is the whole process's: no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(DeepTreeMemoryTests), DisableParallelization = true)]
[Collection(nameof(DeepTreeMemoryTests))]
public sealed class DeepTreeMemoryTests : IDisposable
{
    private readonly TempFolder folder = TempFolder.InMemory();
    private readonly IFileSystem fileSystem = PlatformFileSystem.Current;

    public static bool IsLinux => OperatingSystem.IsLinux();

    public void Dispose() => folder.Dispose();

    [Fact(Skip = "No other platform has paths as long.", SkipUnless = nameof(IsLinux))]
    public void A_walk_holds_no_whole_paths()
    {
        const int levels = 3000;
        Deepen(levels, new string('n', 200));
        var root = new TreeDirectory(fileSystem.OpenDirectory(folder.Path), []);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        int deepest = 0;
        using (var cursor = new TreeCursor(root))
        {
            int depth = 0;
            while (cursor.Next() is var step && step != TreeStep.End)
            {
                if (step == TreeStep.Enter)
                {
                    deepest = Math.Max(deepest, ++depth);
                    var listing = cursor.Current.Handle.List();
                    for (int i = 0; i < listing.Count; i++)
                    {
                        if (listing.KindOf(i) == FileKind.Directory)
                        {
                            cursor.Descend(listing.NameOf(i).Span);
                        }
                    }

                    most = depth % 500 == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most;
                }
                else
                {
                    Assert.Equal(TreeStep.Leave, step);
                    Assert.True(depth-- > 0);
                }
            }
        }

        root.Release();
        Assert.Equal(levels + 2, deepest);
        Assert.InRange(most - before, 0, 8 << 20);
    }

    [Fact(Skip = "No other platform has paths as long.", SkipUnless = nameof(IsLinux))]
    public void Twenty_thousand_levels_are_measured_and_removed()
    {
        Deepen(20_000, new string('n', 100));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long most = 0;
        var watched = new RacingFileSystem(fileSystem, moment =>
            most = moment.Number % 4_000 == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most);
        Assert.InRange(TreeSurvey.Of(watched.OpenDirectory(folder.Path), new KeepTree(), watched.Traits).Bytes, 100_000, long.MaxValue);
        TreeRemover.RemoveContent(watched.OpenDirectory(folder.Path), new KeepTree());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.InRange(watched.MostOpen, 1, TreeCursor.MaxOpen + 2);
        Assert.InRange(most - before, 0, 32 << 20);
    }

    /// <summary>Makes a chain of directories, and a file of 100,000 bytes and a directory at its end.</summary>
    private void Deepen(int levels, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        var directory = fileSystem.OpenDirectory(folder.Path);
        for (int i = 0; i < levels; i++)
        {
            directory.CreateDirectory(bytes, 0x1C0);
            using var parent = directory;
            directory = parent.OpenDirectory(bytes);
        }

        using (directory)
        {
            directory.CreateDirectory("beside"u8, 0x1C0);
            using var file = directory.CreateFile("file"u8, 0x180);
            file.Write(new byte[100_000], 0);
        }
    }
}
