using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tests.Faults;

namespace Snapshotter.Engine.Tests.Races;

/// <summary>
/// Somebody who may move things about below <see cref="Home"/>, and has a folder outside where he may put them. There, beside
/// what he puts, stand things that are not his, of the very names that stand in the volume.
/// </summary>
internal sealed class Neighbour(MemoryFileSystem disk)
{
    public const string Volume = "/v/volume";
    public const string Home = "/v/volume/home";
    public const string Outside = "/outside";
    public const string Shared = "/outside/shared";
    public static TheoryData<string> Tricks => new(tricks.Keys);

    private static readonly Dictionary<string, Action<Neighbour>> tricks = new()
    {
        ["moves a folder out"] = his => his.Move($"{Home}/mine", $"{Shared}/mine"),
        ["moves a folder within a folder out"] = his => his.Move($"{Home}/mine/mine", $"{Shared}/mine"),
        ["moves a folder out under a name that is taken there"] = his => his.Move($"{Home}/mine", $"{Shared}/alpha/alpha/mine"),
        ["moves what is far down out"] = his => his.Move($"{Home}/deep/1/2/mine", $"{Shared}/mine"),
        ["moves what is far down up"] = his => his.Move($"{Home}/deep/1/2/mine", $"{Home}/deep/mine"),
        ["puts a link for a folder"] = his =>
        {
            his.Move($"{Home}/mine", $"{Home}/mine.was");
            his.Link($"{Home}/mine", Shared);
        },
        ["puts a link for a folder within a folder"] = his =>
        {
            his.Move($"{Home}/mine/alpha", $"{Home}/alpha.was");
            his.Link($"{Home}/mine/alpha", $"{Shared}/alpha");
        },
        ["puts a link for a file"] = his =>
        {
            his.Move($"{Home}/alpha/file", $"{Home}/file.was");
            his.Link($"{Home}/alpha/file", $"{Shared}/alpha/file");
        },
        ["puts a file for a folder"] = his =>
        {
            his.Move($"{Home}/mine", $"{Home}/mine.was");
            his.Move($"{Home}/alpha/file", $"{Home}/mine");
        },
        ["puts a folder for a file"] = his =>
        {
            his.Move($"{Home}/alpha/file", $"{Home}/file.was");
            his.Move($"{Home}/mine", $"{Home}/alpha/file");
        },
        ["exchanges two folders"] = his =>
        {
            his.Move($"{Home}/alpha", $"{Home}/alpha.was");
            his.Move($"{Home}/mine", $"{Home}/alpha");
            his.Move($"{Home}/alpha.was", $"{Home}/mine");
        },
        ["exchanges a folder for one from outside"] = his =>
        {
            his.Move($"{Home}/mine", $"{Shared}/mine");
            his.Move($"{Shared}/empty", $"{Home}/mine");
        },
        ["mounts something on a folder"] = his => his.Mount($"{Home}/mine/alpha"),
        ["mounts something on his own folder"] = his => his.Mount(Home),
    };

    /// <summary>A disk with a volume and with what is outside of it.</summary>
    public static MemoryFileSystem Build()
    {
        var disk = new MemoryFileSystem();
        Fill(disk, Home, 2, ["alpha", "beta", "mine", "zeta"]);
        Fill(disk, Volume + "/else", 1, ["alpha"]);
        string deep = Home + "/deep";
        for (int i = 1; i <= TreeCursor.MaxOpen + 6; i++)
        {
            deep += i == 3 ? "/mine" : "/" + i;
            disk.CreateDirectories(i < 5 ? deep + "/beside" : deep);
        }

        // What stands beside those on the way, before and after them in every order.
        Fill(disk, Shared, 2, ["alpha", "beta", "beside", "zeta"]);
        Fill(disk, Shared + "/1", 1, ["alpha"]);
        Fill(disk, Shared + "/deep", 1, ["alpha"]);
        Fill(disk, Shared + "/else", 1, ["alpha"]);
        disk.CreateDirectories(Shared + "/empty");
        return disk.Clone();
    }

    /// <summary>Plays a trick; what is no longer there for it is let be.</summary>
    public void Play(string trick)
    {
        try
        {
            tricks[trick](this);
        }
        catch (FileSystemException)
        {
            // Too late or too early.
        }
    }

    /// <summary>What the files that are not his begin with: nobody may find that in a backup of the volume.</summary>
    public static ReadOnlySpan<byte> Secret => "content of /outside"u8;

    /// <summary>All that is not his, to be compared.</summary>
    public TreeSnapshot NotHis() => TreeSnapshot.Of(disk, Outside).Without("/shared/mine").Without("/shared/alpha/alpha/mine").Without("/shared/empty").WithoutTimes();

    private static void Fill(MemoryFileSystem disk, string path, int depth, string[] names)
    {
        disk.CreateDirectories(path);
        using var directory = disk.OpenDirectory(path);
        using (var file = directory.CreateFile("file"u8, 0x180))
        {
            file.Write(Encoding.UTF8.GetBytes($"content of {path}"), 0);
        }

        directory.CreateSymbolicLink("link"u8, Encoding.UTF8.GetBytes(Shared));
        foreach (string name in depth > 0 ? names : [])
        {
            Fill(disk, $"{path}/{name}", depth - 1, names);
        }
    }

    private static (string Parent, byte[] Name) Split(string path) =>
        (Path.GetDirectoryName(path)!, Encoding.UTF8.GetBytes(Path.GetFileName(path)));

    private void Move(string from, string to)
    {
        var (fromParent, fromName) = Split(from);
        var (toParent, toName) = Split(to);
        using var source = disk.OpenDirectory(fromParent);
        using var target = disk.OpenDirectory(toParent);
        source.Rename(fromName, target, toName);
    }

    private void Link(string path, string target)
    {
        var (parent, name) = Split(path);
        using var directory = disk.OpenDirectory(parent);
        directory.CreateSymbolicLink(name, Encoding.UTF8.GetBytes(target));
    }

    /// <summary>In a mount everything is of the one who mounted it; what a test looks at is that it stays.</summary>
    private void Mount(string path)
    {
        Move(path, Shared + "/mine");
        disk.CreateDirectories(path);
        disk.CreateDirectories(path + "/mounted/inside");
        disk.MarkMountPoint(path);
    }
}
