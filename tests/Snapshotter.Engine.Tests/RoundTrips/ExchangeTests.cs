using System.Globalization;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>
/// What is saved on Linux is restored on Windows, and the reverse: files and times come back, and what could not be kept is
/// named. The archives are those in the folder Exchange. With the variable SNAPSHOTTER_EXCHANGE set to a folder, those there
/// are read instead, and each platform leaves its own in it for the other.
/// </summary>
[OnWindowsToo]
public sealed class ExchangeTests : IDisposable
{
    private static readonly DateTime FileTime = new DateTime(2011, 11, 11, 11, 11, 11, DateTimeKind.Utc).AddTicks(1_234_567);
    private static readonly DateTime FolderTime = new DateTime(1969, 7, 20, 20, 17, 40, DateTimeKind.Utc).AddTicks(7_654_321);

    private readonly TempFolder folder = new();

    private static bool IsLinuxRoot => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    private static string? Shared => Environment.GetEnvironmentVariable("SNAPSHOTTER_EXCHANGE") is { Length: > 0 } path ? path : null;

    private string Tree => folder["tree"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_Linux_saved_comes_back()
    {
        var reports = Restore("linux.tar", Wine.IsRunning ? ["/srv/tree"] : []);
        var report = reports[0];
        CheckTree();
        Assert.Equal("\u00fcml\u00e4ut", Read("\u00fcml\u00e4ut \u4e2d.txt"));
        Assert.Equal("one", Read("second"));
        string told = string.Join('\n', report.Warnings);
        if (OperatingSystem.IsWindows())
        {
            // Owners, modes, the attribute and the FIFO: each named, and nothing else.
            Assert.False(report.Complete);
            Assert.All(report.Warnings, w => Assert.Equal(BackupError.NotKept, w.Kind));
            Assert.Equal(4, report.Warnings.Count);
            Assert.Contains(report.Warnings, w => w.Path.EndsWith("fifo", StringComparison.Ordinal));
        }
        else if (IsLinuxRoot)
        {
            Assert.True(report.Complete, told);
            Assert.Equal("1000:1001", Tool.Run("stat", "-c", "%u:%g", Path("a.txt")).Output.Trim());
            Assert.Equal("755", Tool.Run("stat", "-c", "%a", Path("run.sh")).Output.Trim());
            Assert.Equal("fifo", Tool.Run("stat", "-c", "%F", Path("fifo")).Output.Trim());
            Assert.Equal("kept", Tool.Run("getfattr", "--only-values", "-n", "user.note", Path("a.txt")).Output);
        }

        if (!Wine.IsRunning)
        {
            Assert.Equal("a.txt", new FileInfo(folder["links", "to a"]).LinkTarget);
        }
    }

    [Fact]
    public void What_Windows_saved_comes_back()
    {
        var report = Assert.Single(Restore("windows.tar", []));
        CheckTree();
        Assert.Equal("one", Read("second"));
        Assert.All(report.Warnings, w => Assert.Equal(BackupError.NotKept, w.Kind));
        if (OperatingSystem.IsWindows() || IsLinuxRoot)
        {
            Assert.True(report.Complete, string.Join('\n', report.Warnings));
        }
    }

    [Fact]
    public void What_Windows_saved_comes_back_below_a_destination()
    {
        var config = new VolumeConfig { Prefix = "exchange" };
        var report = BackupTar.Restore(Archive("windows.tar"), config, new RestoreOptions { Destination = folder["there"], NoOwner = true }).Single();
        Assert.Equal(@"C:\srv\tree", report.Target);
        Assert.Equal(folder["there", "C_", "srv", "tree"], report.Path);
        Assert.Equal("two", File.ReadAllText(folder["there", "C_", "srv", "tree", "sub", "deeper", "b.txt"]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(BackupError.UnsafeEntry, Assert.Throws<BackupException>(() => BackupTar.Restore(Archive("windows.tar"), config)).Error);
        }
    }

    [Fact]
    public void What_is_saved_here_is_for_the_other_platform_too()
    {
        bool linux = OperatingSystem.IsLinux();
        Assert.SkipUnless(linux || OperatingSystem.IsWindows(), "The two platforms that exchange are others.");
        Assert.SkipUnless(!linux || IsLinuxRoot, "Files of other owners take root.");
        MakeTree();
        var volumes = new List<VolumeSpec> { new() { Target = linux ? "/srv/tree" : @"C:\srv\tree", Source = Tree } };
        if (linux)
        {
            Tool.Bash(Tree, "mkfifo fifo; chmod 755 run.sh; chown 1000:1001 a.txt; setfattr -n user.note -v kept a.txt").Succeeds();
            SetTimes();
            File.CreateSymbolicLink(System.IO.Path.Combine(folder.CreateFolder("links"), "to a"), "a.txt");
            volumes.Add(new VolumeSpec { Target = "/srv/links", Source = folder["links"] });
        }

        string archive = folder["made.tar"];
        BackupTar.Initialize(archive);
        Assert.True(BackupTar.Backup(archive, new VolumeConfig { Prefix = "exchange", Volumes = volumes }).Complete);
        Assert.All(BackupTar.Test(archive), result => Assert.True(result.Passed));
        if (Shared is { } shared)
        {
            File.Copy(archive, System.IO.Path.Combine(shared, linux ? "linux.tar" : "windows.tar"), overwrite: true);
        }
    }

    private static string Archive(string name) =>
        Shared is { } shared && File.Exists(System.IO.Path.Combine(shared, name))
            ? System.IO.Path.Combine(shared, name)
            : System.IO.Path.Combine(AppContext.BaseDirectory, "Exchange", name);

    private IReadOnlyList<VolumeReport> Restore(string name, IReadOnlyList<string> volumes)
    {
        bool linux = name == "linux.tar";
        var config = new VolumeConfig
        {
            Prefix = "exchange",
            Volumes = [new VolumeSpec { Target = linux ? "/srv/tree" : @"C:\srv\tree", Source = Tree }],
        };
        if (linux)
        {
            config.Volumes.Add(new VolumeSpec { Target = "/srv/links", Source = folder["links"] });
        }

        Assert.All(BackupTar.Test(Archive(name)), result => Assert.True(result.Passed));
        return BackupTar.Restore(Archive(name), config, new RestoreOptions { Volumes = volumes });
    }

    private void MakeTree()
    {
        folder.WriteFile("tree/a.txt", "one");
        folder.WriteFile("tree/sub/deeper/b.txt", "two");
        folder.WriteFile("tree/\u00fcml\u00e4ut \u4e2d.txt", "\u00fcml\u00e4ut");
        folder.WriteFile("tree/run.sh", "#!/bin/sh\n");
        folder.WriteFile("tree/locked", "locked");
        folder.WriteFile("tree/large", new byte[66_000]);
        folder.CreateFolder("tree", "empty");
        using (var directory = Snapshotter.Engine.FileSystem.PlatformFileSystem.Current.OpenDirectory(Tree))
        {
            directory.CreateHardLink("second"u8, directory, "a.txt"u8);
        }

        File.SetAttributes(Path("locked"), FileAttributes.ReadOnly);
        SetTimes();
    }

    private void SetTimes()
    {
        File.SetLastWriteTimeUtc(Path("a.txt"), FileTime);
        Directory.SetLastWriteTimeUtc(Path("sub"), FolderTime);
    }

    private void CheckTree()
    {
        Assert.Equal("one", Read("a.txt"));
        Assert.Equal("two", Read("sub/deeper/b.txt"));
        Assert.Equal("#!/bin/sh\n", Read("run.sh"));
        Assert.Equal(new byte[66_000], File.ReadAllBytes(Path("large")));
        Assert.True(Directory.Exists(Path("empty")));
        Assert.True(File.GetAttributes(Path("locked")).HasFlag(FileAttributes.ReadOnly));
        Assert.Equal(Format(FileTime), Format(File.GetLastWriteTimeUtc(Path("a.txt"))));
        Assert.Equal(Format(FolderTime), Format(Directory.GetLastWriteTimeUtc(Path("sub"))));
    }

    private static string Format(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);

    private string Path(string name) => System.IO.Path.Combine(Tree, name);

    private string Read(string name) => File.ReadAllText(Path(name));
}
