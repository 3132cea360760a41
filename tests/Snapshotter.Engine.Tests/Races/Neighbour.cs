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
    private static readonly string[] names = ["alpha", "beta", "gamma"];

    public static TheoryData<string> Tricks => new(tricks.Keys);

    private static readonly Dictionary<string, Action<Neighbour>> tricks = new()
    {
        ["moves a folder out"] = his => his.Move($"{Home}/beta", $"{Shared}/his"),
        ["moves a folder within a folder out"] = his => his.Move($"{Home}/beta/beta", $"{Shared}/his"),
        ["moves what is far down out"] = his => his.Move($"{Home}/deep/1/2/3", $"{Shared}/his"),
        ["moves what is far down up"] = his => his.Move($"{Home}/deep/1/2/3", $"{Home}/3"),
        ["puts a link for a folder"] = his =>
        {
            his.Move($"{Home}/beta", $"{Home}/beta.was");
            his.Link($"{Home}/beta", Shared);
        },
        ["puts a link for a folder within a folder"] = his =>
        {
            his.Move($"{Home}/beta/gamma", $"{Home}/gamma.was");
            his.Link($"{Home}/beta/gamma", $"{Shared}/gamma");
        },
        ["puts a link for a file"] = his =>
        {
            his.Move($"{Home}/alpha/file", $"{Home}/file.was");
            his.Link($"{Home}/alpha/file", $"{Shared}/alpha/file");
        },
        ["puts a file for a folder"] = his =>
        {
            his.Move($"{Home}/gamma", $"{Home}/gamma.was");
            his.Move($"{Home}/alpha/file", $"{Home}/gamma");
        },
        ["puts a folder for a file"] = his =>
        {
            his.Move($"{Home}/alpha/file", $"{Home}/file.was");
            his.Move($"{Home}/gamma", $"{Home}/alpha/file");
        },
        ["exchanges two folders"] = his =>
        {
            his.Move($"{Home}/alpha", $"{Home}/alpha.was");
            his.Move($"{Home}/gamma", $"{Home}/alpha");
            his.Move($"{Home}/alpha.was", $"{Home}/gamma");
        },
        ["exchanges a folder for one from outside"] = his =>
        {
            his.Move($"{Home}/beta", $"{Shared}/his");
            his.Move($"{Shared}/empty", $"{Home}/beta");
        },
        ["mounts something on a folder"] = his => his.Mount($"{Home}/beta/beta"),
        ["mounts something on his own folder"] = his => his.Mount(Home),
    };

    /// <summary>A disk with a volume and with what is outside of it.</summary>
    public static MemoryFileSystem Build()
    {
        var disk = new MemoryFileSystem();
        Fill(disk, Volume + "/home", 2);
        Fill(disk, Volume + "/else", 1);
        Fill(disk, Shared, 2);
        disk.CreateDirectories(Shared + "/empty");
        string deep = Home + "/deep";
        for (int i = 1; i <= 2 * TreeCursor.MaxOpen; i++)
        {
            deep += "/" + i;
            disk.CreateDirectories(deep + "/beside");
        }

        // What stands beside those on the way down, should anybody take the folder outside for one of them.
        disk.CreateDirectories(Shared + "/beside/inside");
        disk.CreateDirectories(Shared + "/deep/inside");
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

    /// <summary>All that is not his, to be compared.</summary>
    public TreeSnapshot NotHis() => TreeSnapshot.Of(disk, Outside).Without("/shared/his").Without("/shared/empty").WithoutTimes();

    private static void Fill(MemoryFileSystem disk, string path, int depth)
    {
        disk.CreateDirectories(path);
        using var directory = disk.OpenDirectory(path);
        using (var file = directory.CreateFile("file"u8, 0x180))
        {
            file.Write(Encoding.UTF8.GetBytes(path), 0);
        }

        directory.CreateSymbolicLink("link"u8, Encoding.UTF8.GetBytes(Shared));
        foreach (string name in depth > 0 ? names : [])
        {
            Fill(disk, $"{path}/{name}", depth - 1);
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
        Move(path, Shared + "/his");
        disk.CreateDirectories(path);
        disk.CreateDirectories(path + "/mounted/inside");
        disk.MarkMountPoint(path);
    }
}
