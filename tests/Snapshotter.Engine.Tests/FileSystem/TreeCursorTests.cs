using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tests.Faults;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

public class TreeCursorTests
{
    private readonly MemoryFileSystem disk = new();
    private Action<Moment> before = _ => { };

    [Fact]
    public void Walks_depth_first_in_the_order_that_was_named()
    {
        disk.CreateDirectories("/tree/b/c");
        disk.CreateDirectories("/tree/a");
        disk.CreateDirectories("/tree/skipped/x");
        Assert.Equal(
            ["Enter top", "Enter top/a", "Leave top/a", "Enter top/b", "Enter top/b/c", "Leave top/b/c", "Leave top/b", "Leave top"],
            Walk("/tree", "top", name => name != "skipped"));
    }

    [Fact]
    public void What_cannot_be_opened_fails_and_the_rest_is_walked()
    {
        disk.CreateDirectories("/tree/a");
        disk.CreateDirectories("/tree/b/c");
        before = moment =>
        {
            if (moment is { Operation: "OpenDirectory", Name: "b" })
            {
                Do("/tree", tree => tree.Rename("b"u8, tree, "c"u8));
            }
        };
        Assert.Equal(["Enter ", "Enter a", "Leave a", "Fail b NotFound", "Leave "], Walk("/tree", ""));
    }

    [Fact]
    public void However_deep_the_tree_few_handles_are_open()
    {
        string path = Deep("/tree", 1000);
        disk.CreateDirectories("/tree/0/beside");
        var watched = new RacingFileSystem(disk, moment => before(moment));
        var steps = Walk(watched, "/tree", "", _ => true);
        Assert.Equal(2 * 1002, steps.Count);
        Assert.Equal("Enter " + path[6..], steps[1000]);
        Assert.Equal("Leave 0/beside", steps[^3]);
        Assert.InRange(watched.MostOpen, TreeCursor.MaxOpen, TreeCursor.MaxOpen + 2);
        Assert.Equal(0, watched.Open);
    }

    [Fact]
    public void A_directory_moved_out_of_one_that_was_closed_is_not_followed_to_where_it_is()
    {
        Deep("/tree", 100);
        disk.CreateDirectories("/tree/0/1/beside");
        disk.CreateDirectories("/tree/last");
        disk.CreateDirectories("/elsewhere/beside");
        before = moment =>
        {
            if (moment is { Operation: "List" } && moment.Directory.EndsWith("/98/99", StringComparison.Ordinal))
            {
                Move("/tree/0/1", "2", "/elsewhere");
            }
        };
        var steps = Walk("/tree", "");
        int lost = steps.IndexOf("Lost 0/1");
        Assert.Equal("Leave 0/1/2/3", steps[lost - 1]);
        Assert.Equal(["Enter last", "Leave last", "Leave "], steps[(lost + 1)..]);
    }

    [Fact]
    public void A_parent_that_cannot_be_opened_again_is_lost_with_the_reason()
    {
        Deep("/tree", 100);
        before = moment =>
        {
            if (moment is { Operation: "OpenParent" })
            {
                throw new FileSystemException(FileError.TooManyOpenFiles, "open", moment.Directory, "as planned by the test");
            }
        };
        var steps = Walk("/tree", "");
        Assert.EndsWith(" TooManyOpenFiles", Assert.Single(steps, step => step.StartsWith("Lost", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("Leave ", steps[^1]);
    }

    [Fact]
    public void A_directory_stays_open_for_others_who_hold_it()
    {
        Deep("/tree", 100);
        var watched = new RacingFileSystem(disk, moment => before(moment));
        var root = new TreeDirectory(watched.OpenDirectory("/tree"), []);
        var held = new List<TreeDirectory>();
        int reopened = 0;
        before = moment => reopened += moment.Operation == "OpenParent" ? 1 : 0;
        using (var cursor = new TreeCursor(root))
        {
            while (cursor.Next() is var step && step != TreeStep.End)
            {
                if (step == TreeStep.Enter)
                {
                    cursor.Current.AddReference();
                    held.Add(cursor.Current);
                    DescendAll(cursor, _ => true);
                }
            }
        }

        Assert.Equal(0, reopened);
        Assert.Equal(101, held.Count);
        foreach (var directory in held)
        {
            directory.Handle.GetStatus(out var status);
            Assert.Equal(directory.Id, status.Id);
            directory.Release();
        }

        Assert.Equal(1, watched.Open);
        root.Release();
        Assert.Equal(0, watched.Open);
    }

    [Fact]
    public void A_walk_given_up_in_the_middle_closes_everything()
    {
        Deep("/tree", 200);
        var watched = new RacingFileSystem(disk, moment => before(moment));
        for (int steps = 0; steps < 405; steps += 45)
        {
            var root = new TreeDirectory(watched.OpenDirectory("/tree"), []);
            using (var cursor = new TreeCursor(root))
            {
                for (int i = 0; i < steps; i++)
                {
                    if (cursor.Next() == TreeStep.Enter)
                    {
                        DescendAll(cursor, _ => true);
                    }
                }
            }

            root.Release();
            Assert.Equal(0, watched.Open);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("prefix/root")]
    public void Paths_are_written_from_the_names(string rootName)
    {
        var root = new TreeDirectory(disk.OpenDirectory("/"), Encoding.UTF8.GetBytes(rootName));
        var directory = root;
        string expected = rootName;
        for (int i = 0; i < 3000; i++)
        {
            string name = new('x', 1 + (i % 200));
            directory = new TreeDirectory(directory, Encoding.UTF8.GetBytes(name));
            expected = expected.Length == 0 ? name : expected + "/" + name;
            if (i % 500 < 20)
            {
                Assert.Equal(expected + "/file", Encoding.UTF8.GetString(directory.PathOf("file"u8)));
                Assert.Equal(expected.Length, directory.PathLength);
            }
        }

        root.Release();
    }

    private static void DescendAll(TreeCursor cursor, Func<string, bool> choose)
    {
        var listing = cursor.Current.Handle.List();
        for (int i = 0; i < listing.Count; i++)
        {
            if (listing.KindOf(i) == FileKind.Directory && choose(Encoding.UTF8.GetString(listing.NameOf(i).Span)))
            {
                cursor.Descend(listing.NameOf(i).Span);
            }
        }
    }

    private static List<string> Walk(IFileSystem fileSystem, string path, string rootName, Func<string, bool> choose)
    {
        var root = new TreeDirectory(fileSystem.OpenDirectory(path), Encoding.UTF8.GetBytes(rootName));
        var steps = new List<string>();
        using (var cursor = new TreeCursor(root))
        {
            while (cursor.Next() is var step && step != TreeStep.End)
            {
                string reached = $"{step} {PathOf(cursor.Current)}";
                steps.Add(cursor.Failure is { } failure ? $"{reached} {failure.Error}" : reached);
                if (step == TreeStep.Enter)
                {
                    DescendAll(cursor, choose);
                }
                else if (step == TreeStep.Leave)
                {
                    cursor.Current.Handle.GetStatus(out _);
                    cursor.Current.Parent?.Handle.GetStatus(out _);
                }
            }
        }

        root.Release();
        return steps;
    }

    private static string PathOf(TreeDirectory directory) =>
        Encoding.UTF8.GetString(directory.Parent is { } parent ? parent.PathOf(directory.Name) : directory.Name);

    private List<string> Walk(string path, string rootName, Func<string, bool>? choose = null)
    {
        var watched = new RacingFileSystem(disk, moment => before(moment));
        var steps = Walk(watched, path, rootName, choose ?? (_ => true));
        Assert.Equal(0, watched.Open);
        return steps;
    }

    /// <summary>Makes /path/0/1/2/... and returns the path of the deepest.</summary>
    private string Deep(string path, int levels)
    {
        for (int i = 0; i < levels; i++)
        {
            path += "/" + i;
        }

        disk.CreateDirectories(path);
        return path;
    }

    private void Move(string from, string name, string to)
    {
        using var target = disk.OpenDirectory(to);
        Do(from, directory => directory.Rename(Encoding.UTF8.GetBytes(name), target, Encoding.UTF8.GetBytes(name)));
    }

    private void Do(string path, Action<IDirectory> action)
    {
        using var directory = disk.OpenDirectory(path);
        action(directory);
    }
}
