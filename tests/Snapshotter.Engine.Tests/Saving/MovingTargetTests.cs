using System.Net.Sockets;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Saving;

/// <summary>Files that change under the hands of a backup: the archive stays whole, the others are saved, the report says it.</summary>
public sealed class MovingTargetTests : IDisposable
{
    private readonly TempFolder folder = new();
    private int touched;
    private int readings;

    public MovingTargetTests()
    {
        folder.WriteFile("volume/a-before", "before");
        folder.WriteFile("volume/z-after", "after");
    }

    public static TheoryData<int> Sizes => new(3_000, 200_000, 5_000_000);

    public static MatrixTheoryData<int, ChecksumAlgorithm> SizesAndChecksums =>
        new([3_000, 200_000, 5_000_000], [ChecksumAlgorithm.XxHash128, ChecksumAlgorithm.Sha256, ChecksumAlgorithm.None]);

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
    [MemberData(nameof(SizesAndChecksums))]
    public void A_file_that_only_grows_is_complete_with_a_remark(int size, ChecksumAlgorithm checksum)
    {
        byte[] content = MakeVictim(size);
        var report = BackUp((path, offset) => Once(path, offset >= 0, () => File.AppendAllText(Victim, "more")), checksum);
        Assert.True(report.Complete);
        var remark = Assert.Single(report.Volumes[0].Warnings);
        Assert.Equal((BackupError.FileChanged, Victim), (remark.Kind, remark.Path));
        Assert.True(BackupTar.List(Archive).Single().Complete);
        Assert.Equal(content, RestoreVictim());
    }

    [Theory]
    [MemberData(nameof(SizesAndChecksums))]
    public void A_file_that_grows_and_is_written_to_is_incomplete(int size, ChecksumAlgorithm checksum)
    {
        MakeVictim(size);
        var report = BackUp((path, offset) => OnceAtTheEnd(path, offset, size, () => Overwrite(size / 3, append: true)), checksum);
        AssertIncomplete(report, BackupError.FileChanged);
    }

    [Theory]
    [MemberData(nameof(SizesAndChecksums))]
    public void A_file_that_is_written_to_is_incomplete(int size, ChecksumAlgorithm checksum)
    {
        MakeVictim(size);
        var report = BackUp((path, offset) => OnceAtTheEnd(path, offset, size, () => Overwrite(size / 3, append: false)), checksum);
        AssertIncomplete(report, BackupError.FileChanged);
    }

    [Theory]
    [MemberData(nameof(SizesAndChecksums))]
    public void A_file_that_is_only_touched_is_complete(int size, ChecksumAlgorithm checksum)
    {
        byte[] content = MakeVictim(size);
        var report = BackUp((path, offset) => Once(path, offset >= 0, () => File.SetLastWriteTimeUtc(Victim, DateTime.UnixEpoch)), checksum);
        Assert.True(report.Complete);
        Assert.Empty(report.Volumes[0].Warnings);
        Assert.Equal(content, RestoreVictim());
    }

    [Theory]
    [InlineData("append")]
    [InlineData("write")]
    public void Holes_that_were_written_to_are_found(string how)
    {
        using (var file = File.Create(Victim))
        {
            file.SetLength(5_000_000);
            file.Position = 2_000_000;
            file.Write(new byte[1000].Select(_ => (byte)7).ToArray());
        }

        var report = BackUp((path, offset) => Once(path, offset >= 0, () =>
        {
            if (how == "append")
            {
                File.AppendAllText(Victim, "more");
            }
            else
            {
                Overwrite(4_000_000, append: true);
            }
        }));
        Assert.Equal(how == "append", report.Complete);
    }

    [Fact]
    public void Names_of_a_file_that_changes_in_between_are_saved_each_as_it_was_and_reported()
    {
        string second = folder["volume", "n-second"];
        MakeVictim(3000);
        Tool.Run("ln", Victim, second).Succeeds();

        // A file with several names is opened twice: to learn of that, and to save it.
        int opened = 0;
        var report = BackUp((path, offset) =>
        {
            if (path == second && offset < 0 && Interlocked.Increment(ref opened) == 2)
            {
                File.WriteAllText(Victim, "another content");
            }
        });
        Assert.False(report.Complete);
        var warning = Assert.Single(report.Volumes[0].Warnings);
        Assert.Equal((BackupError.FileChanged, second), (warning.Kind, warning.Path));
        Assert.Equal(3000, RestoreVictim().Length);
        Assert.Equal("another content", File.ReadAllText(second));
    }

    [Fact]
    public void A_third_name_that_comes_in_between_changes_nothing()
    {
        string second = folder["volume", "n-second"];
        byte[] content = MakeVictim(3000);
        Tool.Run("ln", Victim, second).Succeeds();
        var report = BackUp((path, offset) =>
        {
            if (path == second && offset < 0)
            {
                Tool.Run("ln", "-f", Victim, folder["third"]).Succeeds();
            }
        });
        Assert.True(report.Complete, string.Join("\n", report.Volumes[0].Warnings));
        Assert.Equal(content, RestoreVictim());
        Assert.Equal(content, File.ReadAllBytes(second));
        Assert.Equal(EntryType.HardLink, BackupTar.ListEntries(Archive).Single(entry => entry.Path == "n-second").Type);
    }

    [Fact]
    public void An_inode_that_is_used_again_is_no_link_to_what_had_it_before()
    {
        using var disk = MountedFolder.Ext4();
        string volume = Path.Combine(disk.FullPath, "volume");

        // Enough folders in between that the first file is saved before the last folder is listed.
        Tool.Bash(
            disk.FullPath,
            "mkdir -p outside volume/a volume/z volume/m{10..99}; echo old > volume/a/a; ln volume/a/a outside/a").Succeeds();
        int opened = 0;
        string reused = "";
        var racing = new RacingFileSystem(PlatformFileSystem.Current, moment =>
        {
            if (moment is { Operation: "OpenFile", Name: "a" })
            {
                // To learn that it has several names, and to save it.
                Interlocked.Increment(ref opened);
            }

            if (moment.Operation == "List" && moment.Directory == Path.Combine(volume, "z") && Interlocked.Exchange(ref touched, 1) == 0)
            {
                SpinWait.SpinUntil(() => Volatile.Read(ref opened) == 2, TimeSpan.FromSeconds(20));
                Thread.Sleep(100);
                reused = Tool.Bash(
                    disk.FullPath,
                    """
                    i=$(stat -c %i volume/a/a); rm volume/a/a outside/a
                    for n in $(seq 500); do
                      echo new > outside/n$n
                      [ $(stat -c %i outside/n$n) = $i ] && { mv outside/n$n volume/z/z; ln volume/z/z volume/z/zz; echo reused; break; }
                    done
                    """).Output;
            }
        });
        BackupTar.Initialize(Archive);
        var config = new VolumeConfig { Prefix = "p", Volumes = [new VolumeSpec { Target = volume }] };
        new VolumeBackup(racing, config, new BackupOptions(), SilentReporter.Instance).Run(Archive, default);
        if (reused != "reused\n")
        {
            Assert.Skip("the inode was not used again");
        }

        Directory.Move(volume, volume + "-was");
        BackupTar.Restore(Archive, config);
        Assert.Equal("old\n", File.ReadAllText(Path.Combine(volume, "a", "a")));
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(volume, "z", "z")));
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(volume, "z", "zz")));
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
    public void Owners_without_a_number_are_warned_of_once()
    {
        var real = PlatformFileSystem.Current;
        Assert.True(real.TryGetStatus(folder["volume"], out var status));
        var unmapped = new WatchedFileSystem(real, (_, _) => { })
        {
            Traits = real.Traits with { UnmappedUserId = status.UserId, UnmappedGroupId = status.GroupId },
        };
        BackupTar.Initialize(Archive);
        var report = new VolumeBackup(unmapped, Config, new BackupOptions(), SilentReporter.Instance).Run(Archive, default);
        Assert.True(report.Complete);
        var warning = Assert.Single(report.Volumes[0].Warnings);
        Assert.Equal((BackupError.NotKept, folder["volume"]), (warning.Kind, warning.Path));
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

    /// <summary>Something that was read already is changed: of a small file, before it is read again to see what has changed.</summary>
    private void OnceAtTheEnd(string path, long offset, int size, Action interfere)
    {
        if (path == Victim && size < 1_000_000 && offset == 0 && Interlocked.Increment(ref readings) == 1)
        {
            File.SetLastWriteTimeUtc(Victim, DateTime.UnixEpoch);
            return;
        }

        Once(path, offset >= 0 && (size < 1_000_000 || offset > size - 300_000), interfere);
    }

    private void Overwrite(long offset, bool append)
    {
        using var file = File.OpenWrite(Victim);
        file.Position = offset;
        file.WriteByte((byte)(append ? 1 : 2));
        file.WriteByte(3);
        file.WriteByte(4);
        if (append)
        {
            file.Position = file.Length;
            file.WriteByte(5);
        }
    }

    private void Truncate(long length)
    {
        using var file = File.OpenWrite(Victim);
        file.SetLength(length);
    }

    private BackupReport BackUp(Action<string, long> beforeRead, ChecksumAlgorithm checksum = ChecksumAlgorithm.XxHash128)
    {
        BackupTar.Initialize(Archive);
        return Run(beforeRead, SilentReporter.Instance, checksum);
    }

    private BackupReport Run(
        Action<string, long> beforeRead, IReporter reporter, ChecksumAlgorithm checksum = ChecksumAlgorithm.XxHash128) =>
        new VolumeBackup(
            new WatchedFileSystem(PlatformFileSystem.Current, beforeRead), Config, new BackupOptions { Checksum = checksum }, reporter)
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
