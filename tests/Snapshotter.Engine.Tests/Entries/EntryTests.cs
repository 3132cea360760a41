using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Strict;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Engine.Tests.Tar;

namespace Snapshotter.Engine.Tests.Entries;

/// <summary>The entries of an archive one by one: listed, and restored by themselves.</summary>
public class EntryTests : IDisposable
{
    private readonly TempFolder folder = new();

    public EntryTests()
    {
        folder.WriteFile("volume/a.txt", "a");
        folder.WriteFile("volume/sub/b.txt", "b");
        folder.WriteFile("volume/sub/c.txt", "c");
        BackupTar.Initialize(Archive);
    }

    private string Archive => folder["backup.tar"];

    private string Volume => folder["volume"];

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Every_entry_is_listed_also_those_of_no_generation()
    {
        BackUp();
        folder.WriteFile("other/theirs.txt", "theirs");
        Tool.Run("tar", "-rf", Archive, "-C", folder.Path, "other").Succeeds();
        BackUp();

        var entries = BackupTar.ListEntries(Archive).ToList();
        Assert.Equal(Tool.Run("tar", "-tf", Archive).Succeeds().Lines.Length, entries.Count);
        Assert.Equal(["other", "other/theirs.txt"], entries.Where(e => e.Generation is null).Select(e => e.Path));
        Assert.All(entries.Where(e => e.Generation is null), e => Assert.Equal(("", ""), (e.Prefix, e.Target)));
        Assert.Equal(
            ["volumes/XXH128SUMS", "volumes/volumes-data.yml"],
            entries.Where(e => e.Generation == 2 && e.Target.Length == 0).Select(e => e.Path));
        Assert.Equal(
            [".", "a.txt", "sub", "sub/b.txt", "sub/c.txt"],
            entries.Where(e => e.Generation == 1 && e.Target == Volume).Select(e => e.Path).Order(StringComparer.Ordinal));
        Assert.All(entries, e => Assert.Equal(Archive, e.Archive));
        Assert.Equal(entries.Where(e => e.Generation == 2), BackupTar.ListEntries(Archive, new ListOptions { Generation = 2 }));
    }

    [Fact]
    public void Entries_of_the_originals_backups_are_those_of_their_volumes()
    {
        string id = EntryNames.IdOf("/v");
        string manifest = $"- id: {id}\n  type: dir\n  target: /v\n";
        var built = new ArchiveBuilder();
        foreach (string content in new[] { "first", "second" })
        {
            built.AddFile($"p/{id}/file", content).AddFile("between", "x").AddFile("p/volumes-data.yml", manifest);
        }

        File.WriteAllBytes(Archive, built.ToArray());
        Assert.Equal(
            [(1, "/v", "file"), (null, "", "between"), (1, "", "p/volumes-data.yml"), (2, "/v", "file"), (null, "", "between"), (2, "", "p/volumes-data.yml")],
            BackupTar.ListEntries(Archive).Select(e => ((int?)e.Generation, e.Target, e.Path)));
    }

    [Fact]
    public void Behind_a_damaged_place_the_listing_goes_on_and_the_damage_is_told()
    {
        BackUp();
        long second = new FileInfo(Archive).Length - 1024;
        BackUp();
        var all = BackupTar.ListEntries(Archive).ToList();
        var damaged = all.First(e => e.Path == "sub/b.txt");
        byte[] bytes = File.ReadAllBytes(Archive);
        bytes.AsSpan((int)damaged.Offset, 512).Fill(0xFF);
        File.WriteAllBytes(Archive, bytes);

        var listed = new List<ArchivedEntry>();
        var error = Assert.Throws<BackupException>(() =>
        {
            foreach (var entry in BackupTar.ListEntries(Archive))
            {
                listed.Add(entry);
            }
        });
        Assert.Equal(BackupError.ArchiveInvalid, error.Error);
        Assert.Contains(listed, e => e.Offset < damaged.Offset);
        Assert.Equal(all.Where(e => e.Offset >= second), listed.Where(e => e.Offset >= second));
    }

    [Fact]
    public void Exactly_the_entries_chosen_are_restored()
    {
        StrictRun.NeedsUnix();
        Tool.Bash(Volume, "ln sub/c.txt z-link.txt; chmod 750 sub").Succeeds();
        BackUp();
        Tool.Bash(Volume, "echo new | tee a.txt sub/b.txt sub/c.txt; chmod 700 sub; touch extra; rm z-link.txt").Succeeds();

        var report = Restore("sub", "sub/b.txt", "z-link.txt");
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal(3, report.Entries);
        Assert.Equal("new\n", File.ReadAllText(folder["volume", "a.txt"]));
        Assert.Equal("b", File.ReadAllText(folder["volume", "sub", "b.txt"]));
        Assert.Equal("new\n", File.ReadAllText(folder["volume", "sub", "c.txt"]));
        Assert.Equal("c", File.ReadAllText(folder["volume", "z-link.txt"]));
        Assert.Equal("750", Tool.Run("stat", "-c", "%a", folder["volume", "sub"]).Lines[0]);
        Assert.True(File.Exists(folder["volume", "extra"]));
    }

    [Fact]
    public void The_root_alone_gets_its_mode_back()
    {
        StrictRun.NeedsUnix();
        Tool.Run("chmod", "751", Volume).Succeeds();
        BackUp();
        Tool.Bash(Volume, "chmod 700 .; echo new > a.txt").Succeeds();
        Restore(".");
        Assert.Equal("751", Tool.Run("stat", "-c", "%a", Volume).Lines[0]);
        Assert.Equal("new\n", File.ReadAllText(folder["volume", "a.txt"]));
    }

    [Fact]
    public void An_entry_that_is_somewhere_else_by_now_is_refused()
    {
        BackUp();
        BackUp();
        var old = BackupTar.ListEntries(Archive, new ListOptions { Generation = 2 }).Where(e => e.Path is "a.txt").ToList();
        BackupTar.PlanOptimize(Archive, new OptimizeOptions { Generations = [1] }).Execute();
        folder.WriteFile("volume/a.txt", "new");
        Assert.Equal(BackupError.GenerationNotFound, Assert.Throws<BackupException>(() => Restore([.. old])).Error);
        Assert.Equal("new", File.ReadAllText(folder["volume", "a.txt"]));
    }

    [Fact]
    public void Errors_name_the_file_and_not_its_hash()
    {
        BackUp();
        byte[] bytes = File.ReadAllBytes(Archive);
        int data = (int)BackupTar.ListEntries(Archive).First(e => e.Path == "sub/b.txt").Offset;
        while (!bytes.AsSpan(data).StartsWith("b\0\0"u8))
        {
            data += 512;
        }

        bytes[data] = (byte)'B';
        File.WriteAllBytes(Archive, bytes);
        var error = Assert.Single(BackupTar.Test(Archive).SelectMany(r => r.Errors));
        Assert.Equal(Path.Combine(Volume, "sub", "b.txt"), error.Path);
        Assert.DoesNotMatch("[0-9a-f]{64}", error.Message);
    }

    private void BackUp()
    {
        var config = new VolumeConfig { Prefix = "volumes" };
        config.Volumes.Add(new VolumeSpec { Target = Volume });
        Assert.True(BackupTar.Backup(Archive, config).Complete);
    }

    private VolumeReport Restore(params string[] paths) =>
        Restore([.. BackupTar.ListEntries(Archive).Where(e => e.Target.Length > 0 && paths.Contains(e.Path))]);

    private VolumeReport Restore(IReadOnlyList<ArchivedEntry> entries) => BackupTar.Restore(
        Archive, new VolumeConfig { Prefix = "volumes" },
        new RestoreOptions { Entries = [.. entries.Select(e => new EntryChoice(e.Target, e.Path, e.Offset))] }).Single();
}
