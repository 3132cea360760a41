using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reading;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Saving;

namespace Snapshotter.Engine;

/// <summary>
/// The engine's front door: one static method per job on an archive. Paths are absolute or relative to the process's
/// current directory. All methods throw <see cref="BackupException"/> for what a user can mend and
/// <see cref="OperationCanceledException"/> when cancelled; either way the archive is as it was before.
/// </summary>
public static class BackupTar
{
    private static IFileSystem Platform => PlatformFileSystem.Current;

    /// <summary>Creates an empty archive: a tar that holds nothing, 1024 zero bytes.</summary>
    /// <param name="archive">Path of the file.</param>
    /// <param name="force">Replace an existing file that is not empty.</param>
    public static void Initialize(string archive, bool force = false) =>
        ArchiveInitializer.Run(Platform, Path.GetFullPath(archive), force);

    /// <summary>Finds what would keep <see cref="Initialize"/> from its work, without touching anything.</summary>
    /// <param name="archive">Path of the file.</param>
    /// <param name="force">Replace an existing file that is not empty.</param>
    public static void CheckInitialize(string archive, bool force = false) =>
        ArchiveInitializer.Check(Platform, Path.GetFullPath(archive), force);

    /// <summary>
    /// Appends one generation with the given volumes: all or nothing. Older generations of these volumes that the
    /// configuration's <see cref="VolumeConfig.Keep"/> does not keep are removed afterwards; those that hold other volumes
    /// too stay.
    /// </summary>
    public static BackupReport Backup(
        string archive, VolumeConfig config, BackupOptions? options = null, IReporter? reporter = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        options ??= new BackupOptions();
        reporter ??= SilentReporter.Instance;
        string path = Path.GetFullPath(archive);
        EntryNames.PrepareIds();
        config = VolumePlaces.Canonical(config, OperatingSystem.IsWindows());
        var report = new VolumeBackup(Platform, config, options, reporter).Run(path, cancellationToken);
        new KeepPolicy(Platform, path, NextOf(config), config.Keep) { Wait = options.Wait, Durable = options.Durable }
            .Apply(report, reporter, cancellationToken);
        return report;
    }

    /// <summary>
    /// Finds what would keep <see cref="Backup"/> from beginning (a volume that is missing, an archive that is none or in
    /// use), without touching anything.
    /// </summary>
    public static void CheckBackup(
        string archive, VolumeConfig config, BackupOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        EntryNames.PrepareIds();
        config = VolumePlaces.Canonical(config, OperatingSystem.IsWindows());
        new VolumeBackup(Platform, config, options ?? new BackupOptions(), SilentReporter.Instance)
            .Check(Path.GetFullPath(archive), cancellationToken);
    }

    /// <summary>Finds which generations <see cref="VolumeConfig.Keep"/> would remove after a backup of the configuration made now, without touching anything.</summary>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="config">What would be saved, and the rules.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static IReadOnlyList<PlannedGeneration> PlanKeep(
        string archive, VolumeConfig config, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        VolumeConfigFile.Validate(config);
        config = VolumePlaces.Canonical(config, OperatingSystem.IsWindows());
        return new KeepPolicy(Platform, Path.GetFullPath(archive), NextOf(config), config.Keep).Preview(cancellationToken);
    }

    /// <summary>Finds what a restore would do, without touching anything.</summary>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="config">The volumes to restore and where to. With no volumes in it: all that the generation's manifest names, to the targets the manifest names (which are untrusted: ask the user).</param>
    /// <param name="options">Which generation and how.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static RestorePlan PlanRestore(
        string archive, VolumeConfig config, RestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        EntryNames.PrepareIds();
        var restore = new VolumeRestore(Platform, Path.GetFullPath(archive), config, options ?? new RestoreOptions());
        return new RestorePlan(restore, restore.Plan(cancellationToken));
    }

    /// <summary>Plans and executes a restore of all volumes of the configuration.</summary>
    public static IReadOnlyList<VolumeReport> Restore(
        string archive, VolumeConfig config, RestoreOptions? options = null, IReporter? reporter = null,
        CancellationToken cancellationToken = default)
    {
        var plan = PlanRestore(archive, config, options, cancellationToken);
        return plan.Execute(plan.Volumes, reporter, cancellationToken: cancellationToken);
    }

    /// <summary>What is inside: a row per volume per generation, oldest first.</summary>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="options">The part to list.</param>
    /// <param name="reporter">Is asked whether to go on with what can be read of an archive that is damaged. Null: damage is an exception.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static IReadOnlyList<ArchivedVolume> List(
        string archive, ListOptions? options = null, IReporter? reporter = null, CancellationToken cancellationToken = default)
        => ArchiveLister.List(Platform, Path.GetFullPath(archive), options ?? new ListOptions(), reporter, cancellationToken);

    /// <summary>
    /// All entries of the archive or of the generations chosen, in the order of the archive. At a damaged place it goes on
    /// with the next generation that can be found, and the exception comes at the end.
    /// </summary>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="options">The generations to list; without a choice also what belongs to none.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static IEnumerable<ArchivedEntry> ListEntries(
        string archive, ListOptions? options = null, CancellationToken cancellationToken = default)
        => EntryLister.List(Platform, Path.GetFullPath(archive), options ?? new ListOptions(), cancellationToken);

    /// <summary>Reads everything back and compares checksums: a report per volume, and one per place outside volumes that is damaged.</summary>
    public static IEnumerable<VolumeTestReport> Test(
        string archive, ListOptions? options = null, IReporter? reporter = null, CancellationToken cancellationToken = default)
        => ArchiveTester.Test(
            Platform, Path.GetFullPath(archive), options ?? new ListOptions(), reporter ?? SilentReporter.Instance, cancellationToken);

    /// <summary>Finds which generations an optimization would remove, without touching anything.</summary>
    /// <param name="archive">Path of the archive.</param>
    /// <param name="options">What to remove or to keep.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static OptimizePlan PlanOptimize(string archive, OptimizeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new OptimizeJob(Platform, Path.GetFullPath(archive), options).Plan(cancellationToken);
    }

    private static NextBackup NextOf(VolumeConfig config) => new(config.Prefix, [.. config.Volumes.Select(volume => volume.Target)]);
}
