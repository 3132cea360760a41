using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.RoundTrips;

/// <summary>Whatever a volume holds, it comes back. Without flushes, which take their time on a busy disk: what is flushed when is tested elsewhere. The class runs as an ordinary user too: see <see cref="OrdinaryUserTests"/>.</summary>
public sealed class RandomTreeTests
{
    private static readonly bool IsRoot = !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    [Fact]
    public void Any_tree_comes_back_exactly_by_every_way_of_restoring()
    {
        Tool.Require("getfattr", "getfacl");
        CsCheck.Check.Sample(
            CsCheck.Gen.Int[0, 1_000_000],
            seed =>
            {
                using var folder = new TempFolder();
                string volume = folder.CreateFolder("volume");
                new RandomTree(seed, IsRoot).FillIn(volume);
                string before = TreeProof.Of(volume);
                string archive = folder["backup.tar"];
                BackupTar.Initialize(archive);
                var options = new BackupOptions { Checksum = (ChecksumAlgorithm)(seed % 3), Readers = 1 + (seed % 4), Durable = false };
                var report = BackupTar.Backup(archive, Config(volume), options);
                Assert.True(report.Complete, string.Join("\n", report.Volumes[0].Warnings));
                Assert.All(BackupTar.Test(archive), r => Assert.True(r.Passed, string.Join("\n", r.Errors)));

                // Staged over the old content, in place, and elsewhere.
                BackupTar.Restore(archive, Config(volume), new RestoreOptions { Writers = 1 + (seed % 3), Durable = false });
                Assert.Equal(before, TreeProof.Of(volume));
                BackupTar.Restore(archive, Config(volume), new RestoreOptions { InPlace = true, Durable = false });
                Assert.Equal(before, TreeProof.Of(volume));
                BackupTar.Restore(archive, Config(volume), new RestoreOptions { Destination = folder["else"], Durable = false });
                Assert.Equal(before, TreeProof.Of(folder["else"] + volume));
            },
            iter: Trees, threads: 1, seed: FirstSeed);
    }

    [Fact]
    public void Gnu_tar_extracts_any_tree_as_it_was()
    {
        Tool.Require("getfattr", "getfacl");
        CsCheck.Check.Sample(
            CsCheck.Gen.Int[0, 1_000_000],
            seed =>
            {
                using var folder = new TempFolder();
                string volume = folder.CreateFolder("volume");
                new RandomTree(seed, IsRoot).FillIn(volume);
                string archive = folder["backup.tar"];
                BackupTar.Initialize(archive);
                BackupTar.Backup(archive, Config(volume), new BackupOptions { Durable = false });
                string target = folder.CreateFolder("extracted");
                Tool.Run("tar", "-xpf", archive, "-C", target, "--xattrs", "--xattrs-include=*", "--acls", "--warning=no-timestamp").SucceedsSilently();
                string id = Snapshotter.Engine.Archive.EntryNames.IdOf(volume);
                Assert.Equal(TreeProof.Of(volume), TreeProof.Of(folder["extracted", "volumes", id]));
            },
            iter: Trees, threads: 1, seed: FirstSeed);
    }

    /// <summary>How many trees each test makes; more with SNAPSHOTTER_TEST_TREES.</summary>
    private static int Trees =>
        int.TryParse(Environment.GetEnvironmentVariable("SNAPSHOTTER_TEST_TREES"), out int trees) ? trees : 12;

    /// <summary>The same trees each time, unless another seed is asked for.</summary>
    private static string FirstSeed => Environment.GetEnvironmentVariable("SNAPSHOTTER_TEST_SEED") ?? "0000000000000000";

    private static VolumeConfig Config(string target) => new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = target }] };
}
