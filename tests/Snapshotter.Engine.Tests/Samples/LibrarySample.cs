using Snapshotter.Engine.Config;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;

namespace Snapshotter.Engine.Tests.Samples;

/// <summary>The sample of docs/library.md, where it stands word for word.</summary>
internal static class LibrarySample
{
    // begin of the sample
    public static void SaveAndRestore(string folder)
    {
        string archive = Path.Combine(folder, "backup.tar");
        var config = new VolumeConfig
        {
            Prefix = "volumes/sample",
            Volumes =
            [
                new VolumeSpec { Target = Path.Combine(folder, "volume1") },
                new VolumeSpec { Target = "/home/volume2.txt", Source = Path.Combine(folder, "volume2.txt") },
            ],
            Exclude = ["*.tmp"],
        };

        // An empty archive: 1024 zero bytes.
        BackupTar.Initialize(archive);

        // One generation with both volumes, or none.
        BackupReport report = BackupTar.Backup(archive, config, reporter: new ConsoleReporter());
        if (!report.Complete)
        {
            Console.WriteLine("Some files could not be saved as they were.");
        }

        // What is inside, and whether it can be read back.
        foreach (ArchivedVolume volume in BackupTar.List(archive))
        {
            Console.WriteLine($"#{volume.Generation} {volume.Prefix} {volume.Target}: {volume.Entries} entries");
        }

        bool whole = BackupTar.Test(archive).All(volume => volume.Passed);
        Console.WriteLine(whole ? "The archive is whole." : "The archive is damaged.");

        try
        {
            BackupTar.Restore(archive, config);
        }
        catch (BackupException e) when (e.Error == BackupError.InsufficientSpace)
        {
            // The volumes are as they were. Again, without a second copy:
            BackupTar.Restore(archive, config, new RestoreOptions { InPlace = true });
        }
    }

    private sealed class ConsoleReporter : IReporter
    {
        public void Warn(Notice notice) => Console.WriteLine($"{notice.Kind}: {notice.Message}");
    }
    // end of the sample
}
