using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Volumes.Reading;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>One restore: finds what is wanted, validates all of it, and only then writes one volume after the other.</summary>
internal sealed class VolumeRestore(IFileSystem fileSystem, string archivePath, VolumeConfig config, RestoreOptions options)
{
    /// <summary>What would be restored, and where to. Touches nothing.</summary>
    /// <exception cref="BackupException">The archive cannot be read, or lacks what is wanted.</exception>
    public IReadOnlyList<PlannedVolume> Plan(CancellationToken cancellation)
    {
        if (config.Volumes.Count > 0)
        {
            VolumeConfigFile.Validate(config);
        }

        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var map = ReadMap(archive, cancellation);
        IReadOnlyList<string> named = options.Volumes.Count == 0 || config.Volumes.Count == 0
            ? options.Volumes
            : [.. config.Volumes.Select(v => v.Target).Where(IsChosen)];
        var generation = GenerationFinder.Find(archive, map, config.Prefix, options.Generation, named);
        var planned = config.Volumes.Count > 0 ? FromConfig(archive, map, generation) : FromManifest(archive, map, generation);
        return planned.Count > 0 || options.Volumes.Count == 0
            ? planned
            : throw new BackupException(
                BackupError.GenerationNotFound,
                $"No volume of generation {generation.Number} matches '{string.Join("', '", options.Volumes)}'. "
                + $"It has: {Names(generation)}.",
                options.Volumes[0]);
    }

    /// <summary>Looks at the places that volumes go to. Touches nothing.</summary>
    /// <exception cref="BackupException">A place cannot take the volume.</exception>
    public void Check(IReadOnlyList<PlannedVolume> volumes, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var map = ReadMap(archive, cancellation);
        var places = new NestedPlaces(fileSystem);
        foreach (var volume in volumes)
        {
            new TargetPlace(fileSystem, options, Target(archive, map, places, volume, volumes)).Check();
        }
    }

    /// <summary>Validates all volumes, then restores them one after the other.</summary>
    public IEnumerable<VolumeReport> Execute(IReadOnlyList<PlannedVolume> volumes, IReporter reporter, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var map = ReadMap(archive, cancellation);
        var places = new NestedPlaces(fileSystem);
        var targets = volumes.Select(volume => Target(archive, map, places, volume, volumes)).ToList();
        TellDamage(map, targets, reporter);

        var validation = new JobMonitor(reporter, "Validating", cancellation) { TotalBytes = Total(targets, t => t.Volume.Bytes ?? 0) };
        foreach (var target in targets)
        {
            validation.Enter(target.Planned.Archived.Target, []);
            reporter.Detail($"Validating '{target.Planned.Archived.Target}' of generation {target.Generation.Number}.");
            target.Validate(archive, validation, cancellation);
            new TargetPlace(fileSystem, options, target).Check();
        }

        var monitor = new JobMonitor(reporter, "Restoring", cancellation) { TotalBytes = Total(targets, t => t.Verification.Bytes) };
        foreach (var target in targets)
        {
            yield return Restore(archive, target, monitor, reporter, cancellation);
        }
    }

    private void TellDamage(ArchiveMap map, List<RestoreTarget> targets, IReporter reporter)
    {
        Generation? told = null;
        foreach (var target in targets)
        {
            if (target.Generation != told && new DamageGuard(archivePath, map.Generations).Warning(target.Generation) is { } warning)
            {
                reporter.Warn(warning);
            }

            told = target.Generation;
        }
    }

    /// <summary>A sum without Linq, whose generic code is compiled at the first call of a process.</summary>
    private static long Total(List<RestoreTarget> targets, Func<RestoreTarget, long> size)
    {
        long total = 0;
        foreach (var target in targets)
        {
            total += size(target);
        }

        return total;
    }

    private VolumeReport Restore(
        ArchiveFile archive, RestoreTarget target, JobMonitor monitor, IReporter reporter, CancellationToken cancellation)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var archived = target.Planned.Archived;
        var report = new VolumeReport
        {
            Archive = archivePath,
            Prefix = archived.Prefix,
            Target = archived.Target,
            Path = target.Planned.Path,
            Type = archived.Type,
            Generation = archived.Generation,
        };
        monitor.Enter(archived.Target, report.Warnings);
        reporter.Detail($"Restoring '{archived.Target}' to '{target.Planned.Path}'.");
        if (target.IsMerged)
        {
            monitor.Problem(Incomplete(archive, target, cancellation));
        }

        try
        {
            report.Entries = target.Verification.Entries;
            report.Bytes = target.Verification.Bytes;
            new TargetPlace(fileSystem, options, target).CheckWay();
            if (target.Volume.IsDirectory)
            {
                new FolderRestore(fileSystem, archive, options, target, monitor, cancellation).Restore(report);
            }
            else
            {
                new FileVolumeWriter(fileSystem, options.Durable, !options.NoOwner).Restore(
                    archive, target.Generation, target.Volume, target.Planned.Path, monitor, cancellation);
            }
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, target.Planned.Path);
        }

        report.Duration = clock.Elapsed;
        report.WarningCount = monitor.NoticeCount;
        report.Complete = monitor.Complete;
        return report;
    }

    private Notice Incomplete(ArchiveFile archive, RestoreTarget target, CancellationToken cancellation)
    {
        var (generation, volume) = (target.Generation, target.Volume);
        var whole = ArchiveMap.ReadOrSalvage(archive, cancellation).Generations.LastOrDefault(g =>
            g.Prefix == generation.Prefix && g.Damage is null && g.Volumes.Any(v => v.Id == volume.Id && v.Complete));
        return new Notice(
            BackupError.GenerationIncomplete, volume.Target,
            $"Generation {generation.Number} of '{volume.Target}' is not complete: files could not be read when it was saved, or changed. "
            + (volume.IsDirectory ? $"What it has is restored; nothing else is removed from '{target.Planned.Path}'. " : "")
            + (whole is null
                ? "No generation has all of it."
                : $"The newest that is complete: {whole.Number} ({whole.Created.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)})."))
        {
            Remedy = whole is null ? Remedy.None : Remedy.ChooseGeneration,
        };
    }

    private ArchiveMap ReadMap(ArchiveFile archive, CancellationToken cancellation)
    {
        if (options.Generation == GenerationChoice.Newest)
        {
            // One look is enough when the newest generation of all is of the prefix wanted.
            var tail = ArchiveMap.FindEndOrSalvage(archive, cancellation);
            if (tail.Generations.Count > 0 && tail.Generations[^1].Prefix == config.Prefix)
            {
                return tail;
            }
        }

        return ArchiveMap.ReadOrSalvage(archive, cancellation);
    }

    private bool IsChosen(string target)
        => (options.Volumes.Count == 0 || options.Volumes.Any(pattern => Wildcard.Matches(pattern, target)))
            && (options.Entries.Count == 0 || options.Entries.Any(entry => entry.Target == target));

    private List<PlannedVolume> FromConfig(ArchiveFile archive, ArchiveMap map, Generation generation)
    {
        var planned = new List<PlannedVolume>();
        foreach (var spec in config.Volumes.Where(v => IsChosen(v.Target)))
        {
            string id = EntryNames.IdOf(spec.Target);
            var volume = generation.Volumes.FirstOrDefault(v => v.Id == id) ?? throw new BackupException(
                BackupError.GenerationNotFound,
                $"Generation {generation.Number} of '{generation.Prefix}' in '{archivePath}' has no volume '{spec.Target}'. "
                + $"It has: {Names(generation)}.",
                spec.Target);
            if (spec.ReadOnly)
            {
                throw new BackupException(
                    BackupError.VolumeNotWritable, $"The volume '{spec.Target}' is mounted read-only and cannot be restored.", spec.Target)
                {
                    Remedy = Remedy.MountWritable,
                };
            }

            planned.Add(Plan(archive, map, generation, volume, spec.Path));
        }

        return planned;
    }

    private List<PlannedVolume> FromManifest(ArchiveFile archive, ArchiveMap map, Generation generation)
    {
        var planned = new List<PlannedVolume>();
        foreach (var volume in generation.Volumes.Where(v => IsChosen(v.Target)))
        {
            if (volume.Target.Contains('\0') || !IsAbsolute(volume.Target) || volume.Target.Split('/', '\\').Contains(".."))
            {
                throw new BackupException(
                    BackupError.UnsafeEntry,
                    $"The manifest of generation {generation.Number} names the target '{volume.Target}', which is no absolute path here.",
                    volume.Target)
                {
                    Remedy = Remedy.NameVolumes,
                };
            }

            planned.Add(Plan(archive, map, generation, volume, volume.Target));
        }

        return planned;
    }

    private PlannedVolume Plan(ArchiveFile archive, ArchiveMap map, Generation generation, ManifestVolume volume, string path)
    {
        if (options.Destination is { } destination)
        {
            // A path of Windows becomes folders everywhere: C_/Users. In full, so that no "." or "//" hides that one target
            // lies in another.
            string below = volume.Target.StartsWith('/') ? volume.Target : volume.Target.Replace('\\', '/');
            path = Path.TrimEndingDirectorySeparator(
                Path.GetFullPath(Path.Join(Path.GetFullPath(destination), below.Replace(':', '_').TrimStart('/', '\\'))));
        }

        return new PlannedVolume { Archived = GenerationFinder.Describe(archive, map, generation, volume), Path = path };
    }

    private static string Names(Generation generation) =>
        string.Join(", ", generation.Volumes.Take(10).Select(v => $"'{EntryNames.ForMessage(v.Target)}'")) + (generation.Volumes.Count > 10 ? ", ..." : "");

    /// <summary>Below a destination a path of Windows can be restored anywhere.</summary>
    private bool IsAbsolute(string target) =>
        VolumeConfigRules.IsAbsolute(target, windows: OperatingSystem.IsWindows() || options.Destination is not null);

    private RestoreTarget Target(
        ArchiveFile archive, ArchiveMap map, NestedPlaces places, PlannedVolume planned, IReadOnlyList<PlannedVolume> all)
    {
        var generation = map.Generations.LastOrDefault(g =>
            g.Number == planned.Archived.Generation && g.Prefix == planned.Archived.Prefix && g.Created == planned.Archived.Created);
        var volume = generation?.Volumes.FirstOrDefault(v => v.Id == planned.Archived.Id);
        if (generation is null || volume is null)
        {
            throw new BackupException(
                BackupError.GenerationNotFound,
                $"Generation {planned.Archived.Generation} of '{planned.Archived.Prefix}' is no longer in '{archive.Path}'.", planned.Archived.Target);
        }

        try
        {
            return new RestoreTarget(
                fileSystem, options, planned, generation, volume, WhatStays(places, planned.Path, generation, volume, all));
        }
        catch (FileSystemException e)
        {
            throw RestoreErrors.From(e, planned.Path);
        }
    }

    /// <summary>
    /// What is nested in this volume stays: mount points, and other volumes, which come from their own entries. The archive
    /// itself is in no backup, so nothing could bring it back.
    /// </summary>
    private KeepTree WhatStays(
        NestedPlaces places, string root, Generation generation, ManifestVolume volume, IReadOnlyList<PlannedVolume> all)
    {
        var keep = new KeepTree(places.IsCaseSensitive);
        foreach (string point in fileSystem.MountPointsBelow(root))
        {
            if (places.Below(root, point) is { } names)
            {
                keep.Add(names, KeepReason.Mount, new NestedMount(point, KindOf(point)));
            }
        }

        keep.Add(places, root, archivePath, KeepReason.Other);
        foreach (var (id, path) in config.Volumes.Select(v => (EntryNames.IdOf(v.Target), v.Path)).Concat(all.Select(v => (v.Archived.Id, v.Path))))
        {
            keep.Add(places, root, path, generation.Volumes.Any(v => v.Id == id) ? KeepReason.Volume : KeepReason.Other);
        }

        // Those that are not restored now are where they stand to each other, even when all is restored to another place.
        foreach (var other in generation.Volumes)
        {
            if (places.Below(volume.Target, other.Target) is { } names)
            {
                keep.Add(names, KeepReason.Volume);
            }
        }

        return keep;
    }

    private FileKind KindOf(string path) => fileSystem.TryGetStatus(path, out var status) ? status.Kind : FileKind.Unknown;
}
