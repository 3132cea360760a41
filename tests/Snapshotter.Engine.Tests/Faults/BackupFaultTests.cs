using System.Collections.Concurrent;
using System.Security.Cryptography;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reading;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Faults;

/// <summary>
/// A backup that fails or crashes at any operation leaves the archive as it was or with the whole new generation, for
/// every reader; and the next backup works.
/// </summary>
public sealed class BackupFaultTests(ITestOutputHelper output)
{
    /// <summary>How many different archives are shown to GNU tar and Python as well.</summary>
    private const int MostExported = 60;

    private readonly ConcurrentDictionary<string, byte[]> archivesSeen = new();

    [Theory]
    [MemberData(nameof(Scene.Shapes), MemberType = typeof(Scene))]
    public void A_backup_that_fails_leaves_the_archive_byte_for_byte_as_it_was(string shape)
    {
        var start = Scene.Build(shape);
        var before = start.ReadAllBytes(Scene.Archive);
        var volumes = TreeSnapshot.Of(start, "/volumes");
        var faults = new FaultPoints(output);
        faults.Fail(start.Clone, fileSystem => Scene.Backup(fileSystem), (fileSystem, thrown, isLasting) =>
        {
            var after = fileSystem.ReadAllBytes(Scene.Archive);
            Assert.True(thrown is BackupException or null, $"{thrown}");
            if (thrown is null)
            {
                Assert.True(IsCommitted(before, after));
            }
            else if (!isLasting)
            {
                Assert.True(before.AsSpan().SequenceEqual(after), $"{before.Length} bytes before, {after.Length} after");
            }
            CheckArchive(fileSystem, before, after);
            Assert.Equal("", volumes.Differences(TreeSnapshot.Of(fileSystem, "/volumes")));
        });
        faults.Report($"backup, {shape}, failures");
        ShowToOthers();
    }

    [Theory]
    [MemberData(nameof(Scene.Shapes), MemberType = typeof(Scene))]
    public void A_backup_that_is_cut_off_by_a_crash_is_wholly_there_or_not_at_all(string shape)
    {
        var start = Scene.Build(shape);
        var before = start.ReadAllBytes(Scene.Archive);
        var faults = new FaultPoints(output);
        faults.Crash(start.Clone, fileSystem => Scene.Backup(fileSystem), (fileSystem, done) =>
            CheckArchive(fileSystem, before, done.ReadAllBytes(Scene.Archive)));
        faults.Report($"backup, {shape}, crashes");
        ShowToOthers();
    }

    [Fact]
    public void A_disk_of_any_size_is_filled_without_harm()
    {
        var start = Scene.Build("one generation");
        var before = start.ReadAllBytes(Scene.Archive);
        var used = long.MaxValue / 2;
        start.Capacity = used;
        used -= start.FreeSpace("/");
        var (refused, saved) = (0, 0);
        for (long room = 0; saved < 3; room += 16 * 1024)
        {
            var fileSystem = start.Clone();
            fileSystem.Capacity = used + room;
            try
            {
                Scene.Backup(fileSystem);
                saved++;
            }
            catch (BackupException exception)
            {
                refused++;
                Assert.Equal(BackupError.InsufficientSpace, exception.Error);
                Assert.Equal(before, fileSystem.ReadAllBytes(Scene.Archive));
            }
            fileSystem.Capacity = null;
            CheckArchive(fileSystem, before, fileSystem.ReadAllBytes(Scene.Archive));
        }
        Assert.True(refused > 5);
        output.WriteLine($"backup on a full disk: {refused} sizes refused, {saved} enough");
    }

    /// <summary>What every reader must find, and that the next backup heals the rest.</summary>
    /// <param name="fileSystem">The disk after the fault.</param>
    /// <param name="before">The archive before the backup.</param>
    /// <param name="done">The archive as the backup left it in memory: what a whole generation must equal.</param>
    private void CheckArchive(MemoryFileSystem fileSystem, byte[] before, byte[] done)
    {
        var after = fileSystem.ReadAllBytes(Scene.Archive);
        var old = TarWalk.Read(before, out var end);
        Assert.True(before.AsSpan(0, (int)end).SequenceEqual(after.AsSpan(0, (int)end)), "an old generation changed");

        var entries = TarWalk.Read(after, out var newEnd);
        var isCommitted = newEnd != end;
        if (isCommitted)
        {
            Assert.True(after.AsSpan().SequenceEqual(done), "the new generation is not what was written");
            Assert.Equal(after.Length - 1024, newEnd);
            Assert.False(after.AsSpan((int)newEnd).ContainsAnyExcept((byte)0));
            Assert.Equal("volumes/volumes-data.yml", entries[^1].Name);
        }
        Assert.Equal(old, entries[..old.Count]);
        archivesSeen.TryAdd(Convert.ToHexString(SHA256.HashData(after)), after);

        var generations = old.Count(entry => entry.Name == "volumes/volumes-data.yml") + (isCommitted ? 1 : 0);
        Assert.Equal(generations * 3, ArchiveLister.List(fileSystem, Scene.Archive, new ListOptions(), null, CancellationToken.None).Count);

        var healed = fileSystem.Clone();
        Assert.True(Scene.Backup(healed).Complete);
        var healedBytes = healed.ReadAllBytes(Scene.Archive);
        TarWalk.Read(healedBytes, out var healedEnd);
        Assert.Equal(healedBytes.Length - 1024, healedEnd);
        Assert.False(healedBytes.AsSpan((int)healedEnd).ContainsAnyExcept((byte)0));
        Assert.True(after.AsSpan(0, (int)newEnd).SequenceEqual(healedBytes.AsSpan(0, (int)newEnd)));
        Assert.Equal((generations + 1) * 3, ArchiveLister.List(healed, Scene.Archive, new ListOptions(), null, CancellationToken.None).Count);
        var reports = ArchiveTester.Test(healed, Scene.Archive, new ListOptions(), SilentReporter.Instance, CancellationToken.None).ToList();
        Assert.All(reports, report => Assert.Empty(report.Errors));
        Assert.Equal((generations + 1) * 3, reports.Count);
    }

    private static bool IsCommitted(byte[] before, byte[] after)
    {
        TarWalk.Read(before, out var end);
        TarWalk.Read(after, out var newEnd);
        return newEnd > end;
    }

    /// <summary>GNU tar and Python read the archives as well, or a part of them.</summary>
    private void ShowToOthers()
    {
        using var folder = new TempFolder();
        var shown = archivesSeen.Values.Take(MostExported).ToList();
        for (var i = 0; i < shown.Count; i++)
        {
            File.WriteAllBytes(folder[$"{i}.tar"], shown[i]);
        }
        Tool.Run("sh", "-c", "cd \"$1\" && for t in *.tar; do tar -tf \"$t\" > \"$t.names\" || exit 1; done", "sh", folder.Path).Succeeds();
        Tool.Run("python3", "-c", """
            import glob, sys, tarfile
            for path in glob.glob(sys.argv[1] + '/*.tar'):
                with tarfile.open(path) as tar:
                    for member in tar:
                        if member.isreg() and not member.issparse():
                            tar.extractfile(member).read()
            """, folder.Path).Succeeds();
        for (var i = 0; i < shown.Count; i++)
        {
            Assert.Equal(TarWalk.Read(shown[i], out _).Count, File.ReadAllLines(folder[$"{i}.tar.names"]).Length);
        }
        output.WriteLine($"{archivesSeen.Count} different archives, {shown.Count} of them shown to GNU tar and Python");
    }
}
