using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>Somebody removes, replaces, cuts or overwrites the archive while a backup writes it: no success is reported, and nothing of theirs is harmed.</summary>
public sealed class ArchiveTakenAwayTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly long oldLength;
    private readonly byte[] old;

    public ArchiveTakenAwayTests()
    {
        folder.WriteFile("small/x", "x");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config("small"));
        old = File.ReadAllBytes(Archive);
        oldLength = old.Length;
        for (int i = 0; i < 12; i++)
        {
            folder.WriteFile($"large/{i:D2}", new string((char)('a' + i), i % 2 == 0 ? 700_000 : 3000));
        }
    }

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("removed")]
    [InlineData("renamed")]
    [InlineData("replaced")]
    [InlineData("cut to nothing")]
    [InlineData("cut in the old part")]
    [InlineData("cut in the new part")]
    [InlineData("cut to its old length")]
    [InlineData("overwritten at its end")]
    [InlineData("overwritten in the old part")]
    public void No_success_is_reported(string how)
    {
        // A cut of what is new takes something away only when something new is there.
        foreach (string at in how is "cut in the new part" or "cut to its old length" ? ["/11"] : new[] { "/00", "/05", "/11" })
        {
            File.WriteAllBytes(Archive, old);
            bool done = false;
            var disk = new WatchedFileSystem(PlatformFileSystem.Current, (path, offset) =>
            {
                if (!done && offset >= 0 && path.EndsWith(at, StringComparison.Ordinal))
                {
                    done = true;
                    Do(how);
                }
            });
            var e = Assert.Throws<BackupException>(() =>
                new VolumeBackup(disk, Config("large"), new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None));
            Assert.True(done);
            Assert.True(e.Error == BackupError.ArchiveChanged, $"{how} at {at}: {e.Error}, {e.Message}");
            CheckWhatIsLeft(how);
        }
    }

    [Fact]
    public void A_link_to_the_archive_and_a_second_name_are_no_change()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Links.");
        File.CreateSymbolicLink(folder["link.tar"], Archive);
        Assert.True(BackupTar.Backup(folder["link.tar"], Config("large")).Complete);
        Tool.Run("ln", Archive, folder["second.tar"]).Succeeds();
        Assert.True(BackupTar.Backup(folder["second.tar"], Config("large")).Complete);
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed));
    }

    private void Do(string how)
    {
        switch (how)
        {
            case "removed":
                File.Delete(Archive);
                break;
            case "renamed":
                File.Move(Archive, folder["moved.tar"], overwrite: true);
                break;
            case "replaced":
                File.WriteAllBytes(folder["other.tar"], old);
                File.Move(folder["other.tar"], Archive, overwrite: true);
                break;
            case "overwritten at its end":
                Write(oldLength - 1024, "somebody else's header"u8);
                break;
            case "overwritten in the old part":
                Write(oldLength - 1024 - 200, "somebody else's line"u8);
                break;
            default:
                using (var file = new FileStream(Archive, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                {
                    file.SetLength(how switch
                    {
                        "cut to nothing" => 0,
                        "cut in the old part" => oldLength / 2,
                        "cut in the new part" => Math.Max(oldLength + 512, file.Length - 5000),
                        _ => oldLength,
                    });
                }

                break;
        }
    }

    private void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(Archive, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = offset;
        file.Write(bytes);
    }

    private void CheckWhatIsLeft(string how)
    {
        switch (how)
        {
            case "removed" or "renamed":
                Assert.False(File.Exists(Archive));
                break;
            case "replaced" or "cut in the new part" or "cut to its old length":
                Assert.Equal(old, File.ReadAllBytes(Archive));
                break;
            case "overwritten at its end":
                Assert.Equal("somebody else's header"u8, File.ReadAllBytes(Archive).AsSpan((int)oldLength - 1024, 22));
                break;
            case "cut to nothing":
                Assert.Equal(0, new FileInfo(Archive).Length);
                break;
            default:
                // What is lost must not look like what was never there.
                Assert.Contains(BackupTar.Test(Archive), r => !r.Passed);
                break;
        }
    }

    private VolumeConfig Config(string volume) => new() { Prefix = "p", Volumes = [new VolumeSpec { Target = folder[volume] }] };
}
