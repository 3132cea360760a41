using System.Diagnostics;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.Engine.Tests.Support;
using Tool = Snapshotter.Engine.Tests.Support.Tool;

namespace Snapshotter.Engine.Tests.Retention;

/// <summary>A process that appends and removes generations without end is killed again and again.</summary>
public sealed class OptimizeKillTests : IDisposable
{
    private const string ArchiveVariable = "SNAPSHOTTER_TEST_ARCHIVE";
    private const string VolumeVariable = "SNAPSHOTTER_TEST_VOLUME";
    private const int Kills = 8;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("tmpfs")]
    public void Killed_at_any_time_the_archive_is_whole(string kind)
    {
        using var mounted = kind switch
        {
            "ext4" => MountedFolder.Ext4(),
            "xfs" => MountedFolder.Xfs(),
            _ => MountedFolder.Memory(),
        };
        string archive = Path.Combine(mounted.FullPath, "backup.tar");
        BackupTar.Initialize(archive);
        string volume = folder.CreateFolder("volume");
        folder.WriteFile("volume/file", new byte[200_000]);
        BackupTar.Backup(archive, Config("kept", volume));
        string kept = Content(archive, "kept");

        for (int kill = 0; kill < Kills; kill++)
        {
            using (var child = StartChild(archive, volume))
            {
                // The child tells by its first file that it is at work; from then on chance says when it dies.
                string sign = Path.Combine(volume, "working");
                while (!File.Exists(sign) && !child.HasExited)
                {
                    Thread.Sleep(10);
                }

                Assert.False(child.HasExited, "The child ended by itself.");
                Thread.Sleep(new Random(kill).Next(150));
                child.Kill();
                child.WaitForExit();
                File.Delete(sign);
            }

            Tool.Run("tar", "-tf", archive).Succeeds();
            Tool.Python(null, "import sys, tarfile; tarfile.open(sys.argv[1]).getmembers()", archive).Succeeds();
            Assert.Equal(kept, Content(archive, "kept"));
            Assert.All(
                BackupTar.Test(archive).SelectMany(report => report.Errors),
                error => Assert.Equal((BackupError.ArchiveInvalid, archive), (error.Kind, error.Path)));

            BackupTar.Backup(archive, Config("next", volume, new RetentionPolicy { Last = 1 }));
            Assert.All(BackupTar.Test(archive), report => Assert.Empty(report.Errors));
            Assert.Equal(["backup.tar"], Directory.EnumerateFiles(mounted.FullPath).Select(Path.GetFileName));
        }
    }

    /// <summary>One round by itself; rounds without end when it is the process to be killed.</summary>
    [Fact]
    public void Rounds_of_backups_keep_what_the_policy_says()
    {
        string? archive = Environment.GetEnvironmentVariable(ArchiveVariable);
        if (archive is not null)
        {
            string volume = Environment.GetEnvironmentVariable(VolumeVariable)!;
            while (true)
            {
                Round(archive, volume);
                File.WriteAllText(Path.Combine(volume, "working"), "");
            }
        }

        string own = folder["backup.tar"];
        BackupTar.Initialize(own);
        Round(own, folder.CreateFolder("own"));
        Round(own, folder["own"]);
        Assert.Equal(
            [("/other", 5), ("/volume", 5), ("/volume", 6)],
            BackupTar.List(own).Where(v => v.Prefix == "a").Select(v => (v.Target, v.Generation)));
    }

    /// <summary>Volumes that are saved together and apart, under one prefix.</summary>
    private static void Round(string archive, string volume)
    {
        var both = Config("a", volume, new RetentionPolicy { Last = 1 });
        both.Volumes.Insert(0, new VolumeSpec { Target = "/other", Source = Directory.CreateDirectory(volume + ".other").FullName });
        BackupTar.Backup(archive, Config("a", volume));
        BackupTar.Backup(archive, both);
        BackupTar.Backup(archive, Config("a", volume, new RetentionPolicy { Last = 2 }));
    }

    private static VolumeConfig Config(string prefix, string volume, RetentionPolicy? keep = null)
        => new() { Prefix = prefix, Volumes = { new VolumeSpec { Target = "/volume", Source = volume } }, Keep = keep };

    private Process StartChild(string archive, string volume)
    {
        var start = new ProcessStartInfo("dotnet", [
            typeof(OptimizeKillTests).Assembly.Location, "-method", $"{typeof(OptimizeKillTests).FullName}.{nameof(Rounds_of_backups_keep_what_the_policy_says)}",
        ])
        {
            RedirectStandardOutput = true,
            // What a killed process leaves in the folder for temporary files goes with this test's.
            Environment = { [ArchiveVariable] = archive, [VolumeVariable] = volume, ["TMPDIR"] = folder.CreateFolder("tmp") },
        };
        var child = Process.Start(start)!;
        child.OutputDataReceived += (_, _) => { };
        child.BeginOutputReadLine();
        return child;
    }

    /// <summary>What GNU tar takes out of the archive of a prefix, as one hash; the manifest's last line tells where it stands, and that may change.</summary>
    private string Content(string archive, string prefix) => Tool.Bash(
        folder.Path,
        """
        rm -rf out; mkdir out; tar -xf "$1" -C out "$2"
        cd out; find . -type f ! -name volumes-data.yml -exec sha256sum {} + | sort
        grep -v '^#' "$2/volumes-data.yml"
        """,
        archive, prefix).Succeeds().Output;
}
