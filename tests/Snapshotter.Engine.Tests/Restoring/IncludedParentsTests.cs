using Snapshotter.Engine.Config;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tar;
using Snapshotter.Engine.Tests.Support;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Restoring;

/// <summary>Directories that a part of a volume needs, and that are not there any more, are as they were saved.</summary>
public sealed class IncludedParentsTests : IDisposable
{
    private const string Look = "for d in . conf conf/site; do stat -c '%a %u %g %y' $d; getfacl -np $d | grep -v '^#'; done";

    private readonly TempFolder folder = new();

    private string Volume => folder["volume"];

    private string Archive => folder["backup.tar"];

    private VolumeConfig Config => new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = Volume }] };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("conf/site/app.ini", false)]
    [InlineData("*.ini", false)]
    [InlineData("conf/site", false)]
    [InlineData("conf/site/**", true)]
    [InlineData("**/app.ini", true)]
    public void What_is_missing_on_the_way_is_as_it_was(string pattern, bool isAllMissing)
    {
        folder.WriteFile("volume/conf/site/app.ini", "a");
        folder.WriteFile("volume/conf/other", "b");
        Tool.Bash(
            Volume,
            "chmod 751 conf; chmod 2750 conf/site; setfacl -m u:1234:rx conf/site; setfacl -d -m u:1234:rx conf; touch -d 2020-01-02 conf/site conf .").Succeeds();
        if (Environment.IsPrivilegedProcess)
        {
            Tool.Bash(Volume, "chown -R 1000:1001 . && chmod 2750 conf/site && touch -d 2020-01-02 conf/site conf .").Succeeds();
        }

        string before = Tool.Bash(Volume, Look).Output;
        BackupTar.Initialize(Archive);
        Assert.True(BackupTar.Backup(Archive, Config).Complete);
        Tool.Bash(folder.Path, isAllMissing ? "rm -r volume" : "rm -r volume/conf; touch -d 2020-01-02 volume").Succeeds();
        var report = BackupTar.Restore(Archive, Config, new RestoreOptions { Include = [pattern] }).Single();
        Assert.True(report.Complete, string.Join("\n", report.Warnings));
        Assert.Equal(before, Tool.Bash(Volume, Look).Output);
        Assert.False(File.Exists(folder["volume", "conf", "other"]));
    }

    [Fact]
    public void What_is_there_stays_as_it_is()
    {
        folder.WriteFile("volume/conf/site/app.ini", "a");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config);
        Tool.Bash(Volume, "rm conf/site/app.ini; chmod 711 conf/site; setfacl -m u:1234:rx conf; touch -d 2020-01-02 conf/site conf .").Succeeds();
        string before = Tool.Bash(Volume, Look).Output;
        BackupTar.Restore(Archive, Config, new RestoreOptions { Include = ["app.ini"] });
        Assert.Equal(before, Tool.Bash(Volume, Look).Output);
    }

    [Fact]
    public void An_entry_that_stands_behind_counts_and_one_that_is_missing_is_made_up_for()
    {
        var forge = new ArchiveForge().Volume(Volume).File("late/f").File("none/deep/f");
        forge.Header(new ForgedHeader(forge.NameOf("late"), TypeFlag.Directory) { Mode = 0x1C9 });
        File.WriteAllBytes(Archive, forge.ForeignManifest().ToArray());
        string usual = Tool.Run("sh", "-c", "printf %o $((0755 & ~0$(umask)))").Output;
        foreach (var options in new[] { new RestoreOptions { Include = ["f"] }, new RestoreOptions(), new RestoreOptions { InPlace = true } })
        {
            Tool.Run("rm", "-rf", Volume).Succeeds();
            BackupTar.Restore(Archive, Config, options);
            Assert.Equal($"711 {usual} {usual} 755\n", Tool.Bash(Volume, "echo $(stat -c %a late none none/deep .)").Output);
        }
    }
}
