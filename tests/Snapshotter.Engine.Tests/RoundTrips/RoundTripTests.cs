using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>A volume restored is the volume saved.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Archive => folder["backup.tar"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_rich_volume_comes_back_exactly()
    {
        string volume = folder.CreateFolder("volume");
        Tool.Bash(volume, RichTree + "\ntouch -d '1969-12-31 23:59:58.123456789Z' old").Succeeds();
        string before = TreeProof.Of(volume);
        string blocks = TreeProof.Blocks(volume);
        BackupTar.Initialize(Archive);
        var report = BackupTar.Backup(Archive, Config(volume));
        Assert.True(report.Complete, string.Join("\n", report.Volumes.SelectMany(v => v.Warnings)));

        Tool.Bash(volume, "rm -rf ./sub ./big; echo changed > plain; chmod 700 .; touch new; rm old; mkdir -p old/x").Succeeds();
        var restored = BackupTar.Restore(Archive, Config(volume));
        Assert.True(restored.Single().Complete, string.Join("\n", restored[0].Warnings));
        Assert.Equal(before, TreeProof.Of(volume));
        Assert.Equal(blocks, TreeProof.Blocks(volume));
        Assert.All(BackupTar.Test(Archive), r => Assert.True(r.Passed, string.Join("\n", r.Errors)));
    }

    [Fact]
    public void Gnu_tar_and_xxhsum_agree()
    {
        string volume = folder.CreateFolder("volume");
        Tool.Bash(volume, RichTree).Succeeds();
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(volume));
        var list = Tool.Run("tar", "-tvf", Archive).SucceedsSilently();
        Assert.NotEmpty(list.Lines);
        string target = folder.CreateFolder("extracted");
        Tool.Run("tar", "-xpf", Archive, "-C", target, "--xattrs", "--xattrs-include=*", "--acls").SucceedsSilently();
        Tool.Bash(folder["extracted", "volumes"], "xxhsum -c XXH128SUMS").Succeeds();
        string id = Snapshotter.Engine.Archive.EntryNames.IdOf(volume);
        Assert.Equal(TreeProof.Of(volume), TreeProof.Of(folder["extracted", "volumes", id]));
        Assert.Equal(0, new FileInfo(Archive).Length % 512);
    }

    /// <summary>More links than are made at one time, to files in other folders too, some of which cannot be written to by their owner.</summary>
    [Fact]
    public void Many_hard_links_come_back_and_go_over_what_is_there()
    {
        string volume = folder.CreateFolder("volume");
        Tool.Bash(volume, """
            for d in a b c; do
                mkdir -p $d/deep
                for i in $(seq 120); do echo $d $i > $d/$i; ln $d/$i $d/$i.twin; ln $d/$i $d/deep/$i; done
            done
            for i in $(seq 120); do ln a/$i c/from-a-$i; done
            chmod 0500 a b/deep c
            """).Succeeds();
        string before = TreeProof.Of(volume);
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(volume));

        Tool.Bash(volume, "chmod -R u+rwx .; rm -rf a; rm c/deep/*; rm c/1; echo other > c/1; echo more > b/more").Succeeds();
        BackupTar.Restore(Archive, Config(volume));
        Assert.Equal(before, TreeProof.Of(volume));

        Tool.Bash(volume, "chmod -R u+rwx .; rm -rf a; rm c/deep/*; rm c/1; echo other > c/1").Succeeds();
        BackupTar.Restore(Archive, Config(volume), new RestoreOptions { Include = ["**"] });
        Assert.Equal("1", Tool.Bash(volume, "stat -c %i a/7 a/7.twin a/deep/7 c/from-a-7 | sort -u | wc -l").Succeeds().Output.Trim());
        Assert.Equal("c 1", File.ReadAllText(folder["volume", "c", "1"]).Trim());
    }

    [Fact]
    public void A_deleted_file_does_not_come_back_and_an_older_generation_can_be_asked_for()
    {
        string volume = folder.CreateFolder("volume");
        folder.WriteFile("volume/a", "one");
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(volume));
        File.Delete(folder["volume", "a"]);
        folder.WriteFile("volume/b", "two");
        BackupTar.Backup(Archive, Config(volume));

        BackupTar.Restore(Archive, Config(volume));
        Assert.Equal(["b"], Names(volume));
        BackupTar.Restore(Archive, Config(volume), new RestoreOptions { Generation = new GenerationChoice { Number = 1 } });
        Assert.Equal(["a"], Names(volume));
        Assert.Equal([1, 2], BackupTar.List(Archive).Select(v => v.Generation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(65536)]
    [InlineData(3_000_000)]
    public void A_file_volume_comes_back(int size)
    {
        byte[] content = new byte[size];
        new Random(1).NextBytes(content);
        string file = folder.WriteFile("volume2.txt", content);
        BackupTar.Initialize(Archive);
        BackupTar.Backup(Archive, Config(file));
        File.WriteAllText(file, "other");
        BackupTar.Restore(Archive, Config(file));
        Assert.Equal(content, File.ReadAllBytes(file));
        File.Delete(file);
        BackupTar.Restore(Archive, Config(file));
        Assert.Equal(content, File.ReadAllBytes(file));
    }

    private static VolumeConfig Config(params string[] targets) =>
        new() { Prefix = "volumes", Volumes = [.. targets.Select(t => new VolumeSpec { Target = t })] };

    private static string[] Names(string folder) =>
        [.. Directory.GetFileSystemEntries(folder).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    private const string RichTree = """
        umask 022
        echo plain > plain; mkdir -p sub/deep/er empty; echo x > sub/deep/er/file; : > zero
        head -c 100000 /dev/urandom > sub/random; head -c 3000000 /dev/urandom > big
        ln -s plain link; ln -s /nowhere/at/all dangling; ln plain sub/hard; ln sub/hard hard3
        mkfifo fifo
        truncate -s 5M sparse; printf data | dd of=sparse bs=1 seek=1234567 conv=notrunc status=none
        truncate -s 1M allhole; printf x >> allhole
        touch -h -d '2001-02-03 04:05:06.7Z' link
        name=$(printf 'n%.0s' $(seq 1 200)); mkdir -p "$name/$name"; echo long > "$name/$name/f"
        printf bytes > "$(printf 'bad\377name')"; printf nl > "$(printf 'new\nline\\back')"
        setfattr -n user.comment -v hello plain || true
        chmod 4755 zero; chmod 2775 sub; chmod 1777 empty; chmod 400 big
        if [ "$(id -u)" = 0 ]; then
            chown 1234:5678 sub/random; chown -h 7:8 link; mknod null c 1 3; setfacl -m u:1000:rwx plain; setfacl -d -m g:50:rx sub/deep
            chown 999:999 .
        fi
        touch -d '2020-01-01 00:00:00.5Z' sub/deep sub
        chmod 751 .; touch -d '2011-11-11 11:11:11.111111111Z' .
        """;
}
