using System.Net.Sockets;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Engine.Volumes;
using Snapshotter.Engine.Volumes.Saving;

namespace Snapshotter.Engine.Tests.Volumes;

/// <summary>Files that change under the hands of a backup: the archive stays whole, the others are saved, the report says it.</summary>
public sealed class MovingTargetTests : IDisposable
{
    private readonly TempFolder folder = new();
    private int touched;

    public MovingTargetTests()
    {
        folder.WriteFile("volume/a-before", "before");
        folder.WriteFile("volume/z-after", "after");
    }

    public static TheoryData<int> Sizes => new(3_000, 200_000, 5_000_000);

    private string Archive => folder["backup.tar"];

    private string Victim => folder["volume", "m-victim"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_that_shrinks_is_filled_with_zeros(int size)
    {
        MakeVictim(size);
        var report = BackUp((path, offset) => Once(path, offset >= 0, () => Truncate(size / 2)));
        AssertIncomplete(report, BackupError.FileChanged);
        byte[] restored = RestoreVictim();
        Assert.Equal(size, restored.Length);
        Assert.All(restored[(size / 2)..], b => Assert.Equal(0, b));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_that_grows_is_saved_to_the_size_it_had(int size)
    {
        byte[] content = MakeVictim(size);
        var report = BackUp((path, offset) => Once(path, offset >= 0, () => File.AppendAllText(Victim, "more")));
        AssertIncomplete(report, BackupError.FileChanged);
        Assert.Equal(content, RestoreVictim());
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_that_vanishes_is_reported(int size)
    {
        MakeVictim(size);
        var report = BackUp((path, offset) => Once(path, offset < 0, () => File.Delete(Victim)));
        AssertIncomplete(report, BackupError.FileChanged);
        Restore();
        Assert.False(File.Exists(Victim));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_that_becomes_a_fifo_or_a_link_does_not_hang_the_backup(int size)
    {
        foreach (string script in new[] { "rm \"$1\"; mkfifo \"$1\"", "rm \"$1\"; ln -s /etc/passwd \"$1\"", "rm \"$1\"; mkdir \"$1\"" })
        {
            Tool.Bash(null, "rm -rf \"$1\"", Victim).Succeeds();
            File.Delete(Archive);
            touched = 0;
            MakeVictim(size);
            var report = BackUp((path, offset) => Once(path, offset < 0, () => Tool.Bash(null, script, Victim).Succeeds()));
            AssertIncomplete(report, BackupError.FileChanged);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_that_cannot_be_read_to_its_end_is_reported(int size)
    {
        MakeVictim(size);
        var report = BackUp((path, offset) =>
        {
            if (path == Victim && offset >= 0 && (offset > 0 || size < 1_000_000))
            {
                throw new FileSystemException(FileError.InputOutput, "read", path, "Input/output error");
            }
        });
        AssertIncomplete(report, BackupError.FileUnreadable);
        Restore();
        Assert.Equal("after", File.ReadAllText(folder["volume", "z-after"]));
    }

    [Fact]
    public void The_caller_may_stop_at_the_first_problem()
    {
        MakeVictim(3000);
        BackupTar.Initialize(Archive);
        var e = Assert.Throws<BackupException>(() => Run((path, offset) => Once(path, offset < 0, () => File.Delete(Victim)), new Stopper()));
        Assert.Equal(BackupError.FileChanged, e.Error);
        Assert.Equal(new byte[1024], File.ReadAllBytes(Archive));
    }

    [Fact]
    public void A_socket_is_left_out_with_a_warning_and_the_backup_is_complete()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["volume", "socket"]));
        var report = BackUp((_, _) => { });
        Assert.True(report.Complete);
        Assert.Equal(BackupError.NotKept, Assert.Single(report.Volumes[0].Warnings).Kind);
    }

    [Fact]
    public void The_archive_in_the_volume_does_not_save_itself()
    {
        string inside = folder["volume", "backup.tar"];
        BackupTar.Initialize(inside);
        var report = BackupTar.Backup(inside, Config);
        Assert.True(report.Complete);
        Assert.DoesNotContain(BackupTar.ListEntries(inside), entry => entry.Path == "backup.tar");
    }

    private byte[] MakeVictim(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(Victim, content);
        return content;
    }

    private void Once(string path, bool now, Action interfere)
    {
        if (path == Victim && now && Interlocked.Exchange(ref touched, 1) == 0)
        {
            interfere();
        }
    }

    private void Truncate(long length)
    {
        using var file = File.OpenWrite(Victim);
        file.SetLength(length);
    }

    private BackupReport BackUp(Action<string, long> beforeRead)
    {
        BackupTar.Initialize(Archive);
        return Run(beforeRead, SilentReporter.Instance);
    }

    private BackupReport Run(Action<string, long> beforeRead, IReporter reporter) =>
        new VolumeBackup(new WatchedFileSystem(PlatformFileSystem.Current, beforeRead), Config, new BackupOptions(), reporter)
            .Run(Archive, default);

    private void AssertIncomplete(BackupReport report, BackupError kind)
    {
        Assert.False(report.Complete);
        var warning = Assert.Single(report.Volumes[0].Warnings);
        Assert.Equal(kind, warning.Kind);
        Assert.Equal(Victim, warning.Path);
        Tool.Run("tar", "-tf", Archive).SucceedsSilently();
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed, string.Join("\n", r.Errors)));
        Assert.False(BackupTar.List(Archive).Single().Complete);
    }

    private byte[] RestoreVictim()
    {
        Restore();
        return File.ReadAllBytes(Victim);
    }

    private void Restore()
    {
        Tool.Bash(folder.Path, "rm -rf volume/*").Succeeds();
        BackupTar.Restore(Archive, Config);
        Assert.Equal("before", File.ReadAllText(folder["volume", "a-before"]));
        Assert.Equal("after", File.ReadAllText(folder["volume", "z-after"]));
    }

    private VolumeConfig Config => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = folder["volume"] }] };

    private sealed class Stopper : IReporter
    {
        public bool GoOn(Notice problem) => false;
    }
}
