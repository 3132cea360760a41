using System.Globalization;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring.Preflight;

namespace Snapshotter.Engine.Restoring;

/// <summary>One restore: finds what is wanted, validates all of it, and only then writes one volume after the other.</summary>
internal sealed class VolumeRestore(IFileSystem fileSystem, string archivePath, VolumeConfig config, RestoreOptions options)
{
    private const int MaxNamed = 10;

    /// <summary>What would be restored, and where to. Touches nothing.</summary>
    /// <exception cref="BackupException">The archive cannot be read, or lacks what is wanted.</exception>
    public IReadOnlyList<PlannedVolume> Plan(CancellationToken cancellation)
    {
        if (config.Volumes.Count > 0)
        {
            VolumeConfigFile.Validate(config);
            if (options.Destination is null)
            {
                VolumePlaces.RefuseNames(config.Volumes, OperatingSystem.IsWindows());
            }
        }

        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var wanted = config.Volumes.Where(spec => IsChosen(spec.Target)).ToDictionary(spec => TargetName.KeyOf(spec.Target), StringComparer.Ordinal);
        bool isFromConfig = config.Volumes.Count > 0;
        var map = ReadMap(archive, tail => isFromConfig && wanted.Keys.All(key => tail.Volumes.Any(v => TargetName.KeyOf(v) == key)), cancellation);
        IReadOnlyList<string> named = options.Volumes.Count == 0 || !isFromConfig
            ? options.Volumes
            : [.. wanted.Values.Select(spec => spec.Target)];
        IReadOnlyList<VolumeCopy> Copies(Func<ManifestVolume, bool> isWanted) =>
            GenerationFinder.FindCopies(archive, map, config.Prefix, options.Generation, named, isWanted);
        var copies = Copies(volume => isFromConfig ? wanted.ContainsKey(TargetName.KeyOf(volume)) : IsChosen(volume.Target));
        if (options.Volumes.FirstOrDefault(pattern => !copies.Any(copy => Wildcard.MatchesTarget(pattern, copy.Volume.Target))) is { } idle)
        {
            throw NotFound(Copies(_ => true), $"volume that matches '{idle}'", idle);
        }

        if (copies.Count == 0)
        {
            throw NotFound([], "volume", config.Prefix);
        }

        if (wanted.FirstOrDefault(pair => !copies.Any(copy => TargetName.KeyOf(copy.Volume) == pair.Key)).Value is { } missing)
        {
            throw NotFound(Copies(_ => true), $"volume '{missing.Target}'", missing.Target);
        }

        var newest = new NewestCopies(map);
        return isFromConfig ? FromConfig(archive, newest, wanted, copies) : FromManifest(archive, newest, copies);
    }

    /// <summary>Looks at the places that volumes go to. Touches nothing.</summary>
    /// <exception cref="BackupException">A place cannot take the volume.</exception>
    public void Check(IReadOnlyList<PlannedVolume> volumes, CancellationToken cancellation)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var map = ReadMap(archive, volumes, cancellation);
        var places = new NestedPlaces(fileSystem);
        RefuseSamePlace(places, volumes);
        foreach (var volume in volumes)
        {
            new TargetPlace(fileSystem, archive, options, Target(archive, map, places, volume, volumes), cancellation).Check();
        }
    }

    /// <summary>Validates all volumes, then restores them one after the other.</summary>
    public IReadOnlyList<VolumeReport> Execute(
        IReadOnlyList<PlannedVolume> volumes, IReporter reporter, CancellationToken cancellation, Action<VolumeReport>? done = null)
    {
        using var archive = ArchiveFile.OpenRead(fileSystem, archivePath, options.Wait, cancellation);
        var map = ReadMap(archive, volumes, cancellation);
        var places = new NestedPlaces(fileSystem);
        RefuseSamePlace(places, volumes);
        var targets = volumes.Select(volume => Target(archive, map, places, volume, volumes)).ToList();
        TellDamage(archive, map, targets, reporter);
        foreach (var target in targets)
        {
            new TargetPlace(fileSystem, archive, options, target, cancellation).Check();
        }

        var validation = new JobMonitor(reporter, "Validating", cancellation) { TotalBytes = Total(targets, t => t.Volume.Bytes ?? 0) };
        foreach (var target in targets)
        {
            validation.Enter(target.Planned.Archived.Target, []);
            reporter.Detail($"Validating '{target.Planned.Archived.Target}' of generation {target.Generation.Number}.");
            Validate(archive, target, validation, cancellation);
        }

        if (archive.ReadNotice is { } notice)
        {
            reporter.Warn(notice);
        }

        PatternUse.Check(fileSystem, options, targets, reporter);
        new RestorePreflight(fileSystem, archive, cancellation).Run(targets);

        var monitor = new JobMonitor(reporter, "Restoring", cancellation) { TotalBytes = Total(targets, t => t.Verification.Bytes) };
        var reports = new List<VolumeReport>();
        foreach (var target in targets)
        {
            reports.Add(Restore(archive, target, monitor, reporter, cancellation));
            done?.Invoke(reports[^1]);
        }

        return reports;
    }

    /// <summary>Of two volumes that go to one place the first would be lost.</summary>
    private static void RefuseSamePlace(NestedPlaces places, IReadOnlyList<PlannedVolume> volumes)
    {
        for (int i = 0; i < volumes.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                var (one, other) = (volumes[j], volumes[i]);
                if (places.IsSame(one.Path, other.Path))
                {
                    throw new BackupException(
                        BackupError.UnsafeEntry,
                        $"The volumes '{one.Archived.Target}' and '{other.Archived.Target}' would both be restored to '{other.Path}', and only one of them would be left. Nothing was changed.",
                        other.Archived.Target)
                    {
                        Remedy = Remedy.NameVolumes,
                    };
                }
            }
        }
    }

    /// <summary>What is damaged in the archive is one thing; what that means for the volume, and what is left to do, another.</summary>
    private static void Validate(ArchiveFile archive, RestoreTarget target, JobMonitor monitor, CancellationToken cancellation)
    {
        try
        {
            target.Validate(archive, monitor, cancellation);
        }
        catch (BackupException e) when (ArchiveErrors.IsDamage(e) || e.Error == BackupError.ChecksumMismatch)
        {
            var generation = target.Generation;
            var older = ArchiveMap.ReadOrSalvage(archive, cancellation).Generations
                .Where(g => g.Prefix == generation.Prefix && g.Number < generation.Number && g.Damage is null && g.Volumes.Any(v => v.Id == target.Volume.Id))
                .Select(g => g.Number.ToString(CultureInfo.InvariantCulture)).Reverse().Take(MaxNamed).ToList();
            throw new BackupException(
                e.Error,
                $"{e.Message:said} So '{target.Volume.Target}' of generation {generation.Number} is not restored, and nothing was changed."
                + (older.Count == 0 ? "" : $" Older generations that hold it: {string.Join(", ", older)}."),
                e.Target, e)
            {
                Offset = e.Offset,
                Remedy = older.Count == 0 ? e.Remedy : Remedy.ChooseGeneration,
            };
        }
    }

    private void TellDamage(ArchiveFile archive, ArchiveMap map, List<RestoreTarget> targets, IReporter reporter)
    {
        if (map.TailNotice(archive) is { } behind)
        {
            reporter.Warn(behind);
        }

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
        if (target.Planned.IsOlder)
        {
            TellOlder(archived, monitor, reporter);
        }

        if (target.Unfit.LeftOut(archived.Target) is { } left)
        {
            monitor.Problem(left);
        }

        if (target.IsMerged)
        {
            monitor.Problem(Incomplete(archive, target, cancellation));
        }

        try
        {
            report.Entries = target.Verification.Entries;
            report.Bytes = target.Verification.Bytes;
            new TargetPlace(fileSystem, archive, options, target, cancellation).CheckWay();
            if (target.Volume.IsDirectory)
            {
                new FolderRestore(fileSystem, archive, options, target, monitor, cancellation).Restore(report);
            }
            else if (!target.IsWanted)
            {
                report.Entries = report.Bytes = 0;
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
            g.Prefix == generation.Prefix && g.Damage is null && g.Volumes.Any(v => TargetName.KeyOf(v) == TargetName.KeyOf(volume) && v.Complete));
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

    /// <summary>Volumes of different times may not fit each other. That matters less where they are only laid beside.</summary>
    private void TellOlder(ArchivedVolume archived, JobMonitor monitor, IReporter reporter)
    {
        string message = $"'{archived.Target}' comes from generation {archived.Generation} of "
            + $"{archived.Created.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}: newer ones of '{archived.Prefix}' do not hold it.";
        if (options.Destination is null)
        {
            monitor.Warn(new Notice(BackupError.CopyOlder, archived.Target, message));
        }
        else
        {
            reporter.Detail(message);
        }
    }

    private ArchiveMap ReadMap(ArchiveFile archive, IReadOnlyList<PlannedVolume> volumes, CancellationToken cancellation)
        => ReadMap(archive, tail => volumes.All(volume => IsOf(tail, volume)), cancellation);

    /// <param name="archive">The archive.</param>
    /// <param name="isEnough">Whether the newest generation of all has everything wanted: then one look at the tail does.</param>
    /// <param name="cancellation">Stops the reading.</param>
    private ArchiveMap ReadMap(ArchiveFile archive, Func<Generation, bool> isEnough, CancellationToken cancellation)
    {
        if (options.Generation == GenerationChoice.Newest)
        {
            var tail = ArchiveMap.FindEndOrSalvage(archive, cancellation);
            if (tail.Generations.Count > 0 && tail.Generations[^1].Prefix == config.Prefix && isEnough(tail.Generations[^1]))
            {
                return tail;
            }
        }

        return ArchiveMap.ReadOrSalvage(archive, cancellation);
    }

    private static bool IsOf(Generation generation, PlannedVolume planned)
        => generation.Number == planned.Archived.Generation && generation.Prefix == planned.Archived.Prefix
            && generation.Created == planned.Archived.Created;

    private bool IsChosen(string target)
        => (options.Volumes.Count == 0 || options.Volumes.Any(pattern => Wildcard.MatchesTarget(pattern, target)))
            && (options.Entries.Count == 0 || options.Entries.Any(entry => entry.Target == target));

    private List<PlannedVolume> FromConfig(
        ArchiveFile archive, NewestCopies newest, Dictionary<string, VolumeSpec> wanted, IReadOnlyList<VolumeCopy> copies)
    {
        var planned = new List<PlannedVolume>();
        foreach (var (key, spec) in wanted)
        {
            if (spec.ReadOnly)
            {
                throw new BackupException(
                    BackupError.VolumeNotWritable, $"The volume '{spec.Target}' is mounted read-only and cannot be restored.", spec.Target)
                {
                    Remedy = Remedy.MountWritable,
                };
            }

            planned.Add(Plan(archive, newest, copies.First(copy => TargetName.KeyOf(copy.Volume) == key), spec.Path));
        }

        return planned;
    }

    private List<PlannedVolume> FromManifest(ArchiveFile archive, NewestCopies newest, IReadOnlyList<VolumeCopy> copies)
    {
        var planned = new List<PlannedVolume>();
        foreach (var copy in copies)
        {
            string target = copy.Volume.Target;
            if (target.Contains('\0') || !IsPlace(target) || target.Split('/', '\\').Contains(".."))
            {
                throw new BackupException(
                    BackupError.UnsafeEntry,
                    $"The manifest of generation {copy.Generation.Number} names the target '{target}', which is no absolute path here.",
                    target)
                {
                    Remedy = Remedy.NameVolumes,
                };
            }

            planned.Add(Plan(archive, newest, copy, target));
        }

        return planned;
    }

    private PlannedVolume Plan(ArchiveFile archive, NewestCopies newest, VolumeCopy copy, string path)
    {
        if (options.Destination is { } destination)
        {
            // A path of Windows becomes folders everywhere: C_/Users. Names of Linux stay what they are where they can. In
            // full, so that no "." or "//" hides that one target lies in another.
            string target = copy.Volume.Target;
            string below = target.StartsWith('/') ? target : target.Replace('\\', '/');
            below = target.StartsWith('/') && !OperatingSystem.IsWindows() ? below : below.Replace(':', '_');
            path = Path.TrimEndingDirectorySeparator(
                Path.GetFullPath(Path.Join(Path.GetFullPath(destination), below.TrimStart('/', '\\'))));
        }

        return new PlannedVolume
        {
            Archived = GenerationFinder.Describe(archive, newest, copy.Generation, copy.Volume),
            Path = path,
            IsOlder = copy.IsOlder,
        };
    }

    /// <summary>An error that tells what volumes there are.</summary>
    private BackupException NotFound(IReadOnlyList<VolumeCopy> copies, string what, string target)
    {
        string where = options.Generation.Number is { } number
            ? $"Generation {number} of '{config.Prefix}' in '{archivePath}'"
            : $"The prefix '{config.Prefix}' in '{archivePath}'";
        string names = string.Join(", ", copies.Take(MaxNamed).Select(copy => $"'{EntryNames.ForMessage(copy.Volume.Target)}'")) + (copies.Count > MaxNamed ? ", ..." : "");
        return new BackupException(BackupError.GenerationNotFound, $"{where} has no {what}. It has: {names}.", target);
    }

    /// <summary>Below a destination a path of Windows can be restored anywhere.</summary>
    private bool IsPlace(string target) => options.Destination is null
        ? TargetName.IsPlace(target, OperatingSystem.IsWindows())
        : VolumeConfigRules.IsAbsolute(target, windows: true);

    private RestoreTarget Target(
        ArchiveFile archive, ArchiveMap map, NestedPlaces places, PlannedVolume planned, IReadOnlyList<PlannedVolume> all)
    {
        var generation = map.Generations.LastOrDefault(g => IsOf(g, planned));
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
                keep.Add(names, KeepReason.Mount, new NestedMount(point, names, KindOf(point)));
            }
        }

        keep.Add(places, root, archivePath, KeepReason.Other);
        foreach (var (key, path) in config.Volumes.Select(v => (TargetName.KeyOf(v.Target), v.Path))
            .Concat(all.Select(v => (TargetName.KeyOf(v.Archived.Target), v.Path))))
        {
            keep.Add(places, root, path, generation.Volumes.Any(v => TargetName.KeyOf(v) == key) ? KeepReason.Volume : KeepReason.Other);
        }

        // Those that are not restored now are where they stand to each other, even when all is restored to another place. As in a
        // backup their places decide; their targets do where the places are not known.
        string? own = SourceOf(volume);
        foreach (var other in generation.Volumes)
        {
            var nested = own is not null && SourceOf(other) is { } source ? places.Find(own, source) : places.Below(volume.Target, other.Target);
            if (nested is { } names)
            {
                keep.Add(names, KeepReason.Volume);
            }
        }

        return keep;
    }

    private string? SourceOf(ManifestVolume volume) =>
        config.Volumes.FirstOrDefault(spec => TargetName.KeyOf(spec.Target) == TargetName.KeyOf(volume))?.Path;

    private FileKind KindOf(string path) => fileSystem.TryGetStatus(path, out var status) ? status.Kind : FileKind.Unknown;
}
