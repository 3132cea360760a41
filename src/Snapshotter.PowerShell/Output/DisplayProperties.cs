using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Output;

/// <summary>
/// What tables and lists show of a result. DisplayMembers makes hidden properties of these methods: unlike script
/// blocks they work in constrained language too, and in a fraction of the time.
/// </summary>
public static class DisplayProperties
{
    /// <summary>Columns beside Target, and the spaces between: those of DisplayViews.</summary>
    private const int BesideSaved = 49, BesideRestored = 39, BesideArchived = 47, BesideTested = 35, BesidePlanned = 44,
        BesideEntry = 50, BesideContainer = 11;

    /// <summary>Bytes with a unit.</summary>
    /// <param name="item">Has Bytes or Size.</param>
    /// <returns>For instance <c>1.46 MiB</c>.</returns>
    public static string Size(PSObject item) => DisplayText.Size(Value<long?>(item, "Bytes") ?? Value<long?>(item, "Size"));

    /// <summary>Time spent.</summary>
    /// <param name="item">Has Duration.</param>
    /// <returns>For instance <c>1.23 s</c>.</returns>
    public static string Duration(PSObject item) => DisplayText.Duration(Value<TimeSpan>(item, "Duration"));

    /// <summary>When a backup began, in local time, as -AsOf takes it.</summary>
    /// <param name="item">Has Created.</param>
    /// <returns>For instance <c>2026-11-23 15:04</c>.</returns>
    public static string Created(PSObject item) => DisplayText.Time(Value<DateTimeOffset>(item, "Created"));

    /// <summary>When an entry was modified, in local time.</summary>
    /// <param name="item">Has Modified.</param>
    /// <returns>For instance <c>2026-11-23 15:04</c>.</returns>
    public static string Modified(PSObject item) => DisplayText.Time(Value<DateTimeOffset>(item, "Modified"));

    /// <summary>Type and permission bits of an entry.</summary>
    /// <param name="item">Has Type and Mode.</param>
    /// <returns>For instance <c>-rw-r--r--</c>.</returns>
    public static string Mode(PSObject item) => DisplayText.Mode(Value<EntryType>(item, "Type"), Value<int>(item, "Mode"));

    /// <summary>The numeric owner and group of an entry.</summary>
    /// <param name="item">Has UserId and GroupId.</param>
    /// <returns>For instance <c>1000:100</c>.</returns>
    public static string Owner(PSObject item)
        => string.Create(CultureInfo.InvariantCulture, $"{Value<long>(item, "UserId")}:{Value<long>(item, "GroupId")}");

    /// <summary>The path of an entry and where it points, as long as the table has room.</summary>
    /// <param name="item">Has Path and LinkTarget.</param>
    /// <returns>For instance <c>bin/sh -> dash</c>.</returns>
    public static string EntryPath(PSObject item)
    {
        string path = Text(item, "Path");
        return DisplayText.Cut(Text(item, "LinkTarget") is { Length: > 0 } link ? $"{path} -> {link}" : path, Columns(BesideEntry, 1));
    }

    /// <summary>The volume of an entry, above the table.</summary>
    /// <param name="item">Has Target, Prefix, Generation and Archive.</param>
    /// <returns>One line.</returns>
    public static string EntryVolume(PSObject item)
    {
        string target = Text(item, "Target");
        return Value<int?>(item, "Generation") is not { } generation ? Messages.OfNoGeneration
            : Messages.Format(
                target.Length > 0 ? nameof(Messages.OfVolume) : nameof(Messages.OfNoVolume), target, generation, Text(item, "Prefix"));
    }

    /// <summary>The target of a volume that was saved.</summary>
    /// <param name="item">Has Target.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string SavedTarget(PSObject item) => DisplayText.Cut(Text(item, "Target"), Columns(BesideSaved, 1));

    /// <summary>The target of a volume that was restored.</summary>
    /// <param name="item">Has Target.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string RestoredTarget(PSObject item) => DisplayText.Cut(Text(item, "Target"), Columns(BesideRestored, 2));

    /// <summary>Where a volume was restored to.</summary>
    /// <param name="item">Has Path.</param>
    /// <returns>Where it is too long, cut so that the end of what was put before the target stays: it tells the two apart.</returns>
    public static string RestoredPath(PSObject item)
        => DisplayText.CutBelow(Text(item, "Path"), Text(item, "Target"), Columns(BesideRestored, 2));

    /// <summary>The target of a volume in an archive.</summary>
    /// <param name="item">Has Target.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string ArchivedTarget(PSObject item) => DisplayText.Cut(Text(item, "Target"), Columns(BesideArchived, 2));

    /// <summary>The prefix of a volume in an archive.</summary>
    /// <param name="item">Has Prefix.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string ArchivedPrefix(PSObject item) => DisplayText.Cut(Text(item, "Prefix"), Columns(BesideArchived, 2));

    /// <summary>The target of a volume that was tested.</summary>
    /// <param name="item">Has Target.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string TestedTarget(PSObject item) => DisplayText.Cut(Text(item, "Target"), Columns(BesideTested, 2));

    /// <summary>The prefix of a volume that was tested.</summary>
    /// <param name="item">Has Prefix.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string TestedPrefix(PSObject item) => DisplayText.Cut(Text(item, "Prefix"), Columns(BesideTested, 2));

    /// <summary>The prefix of a generation that stays or goes.</summary>
    /// <param name="item">Has Prefix.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string PlannedPrefix(PSObject item) => DisplayText.Cut(Text(item, "Prefix"), Columns(BesidePlanned, 2));

    /// <summary>The archive, as it is shown.</summary>
    /// <param name="item">Has Archive.</param>
    /// <returns>The path.</returns>
    public static string Archive(PSObject item) => Text(item, "Archive");

    /// <summary>The prefix, as it is shown.</summary>
    /// <param name="item">Has Prefix.</param>
    /// <returns>The prefix.</returns>
    public static string Prefix(PSObject item) => Text(item, "Prefix");

    /// <summary>The target, as it is shown.</summary>
    /// <param name="item">Has Target.</param>
    /// <returns>The target.</returns>
    public static string Target(PSObject item) => Text(item, "Target");

    /// <summary>The path, as it is shown.</summary>
    /// <param name="item">Has Path.</param>
    /// <returns>The path.</returns>
    public static string Path(PSObject item) => Text(item, "Path");

    /// <summary>Where a link points, as it is shown.</summary>
    /// <param name="item">Has LinkTarget.</param>
    /// <returns>The target; empty for what is no link.</returns>
    public static string Link(PSObject item) => Text(item, "LinkTarget");

    /// <summary>A notice in words, with what to do.</summary>
    /// <param name="item">A notice.</param>
    /// <returns>One line.</returns>
    public static string NoticeLine(PSObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.BaseObject is Notice notice ? NoticeText.WithRemedy(notice) : "";
    }

    /// <summary>Why a generation stays.</summary>
    /// <param name="item">Has Reasons.</param>
    /// <returns>The reasons, one behind the other.</returns>
    public static string Why(PSObject item) => string.Join(", ", Items(item, "Reasons"));

    /// <summary>The generations that were removed after a backup.</summary>
    /// <param name="item">Has Removed.</param>
    /// <returns>Their numbers.</returns>
    public static string Removed(PSObject item)
        => string.Join(", ", Items(item, "Removed").OfType<PlannedGeneration>().Select(generation => generation.Generation));

    /// <summary>A container's name.</summary>
    /// <param name="item">Has ContainerName.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string ContainerName(PSObject item) => DisplayText.Cut(Text(item, "ContainerName"), Columns(BesideContainer, 3));

    /// <summary>The prefix that a container's volumes get.</summary>
    /// <param name="item">Has Prefix.</param>
    /// <returns>Cut in the middle where it is too long.</returns>
    public static string ContainerPrefix(PSObject item) => DisplayText.Cut(Text(item, "Prefix"), Columns(BesideContainer, 3));

    /// <summary>The targets of some volumes.</summary>
    /// <param name="item">Has Volumes.</param>
    /// <returns>The targets, one behind the other.</returns>
    public static string Volumes(PSObject item) => string.Join(", ", Items(item, "Volumes").Select(volume => DisplayText.Safe(volume.ToString())));

    /// <summary>Every warning about a volume, a line each.</summary>
    /// <param name="item">Has Warnings and WarningCount.</param>
    /// <returns>Lines of what happened, to which path, and what to do.</returns>
    public static string WarningLines(PSObject item) => Lines(item, "Warnings", "WarningCount");

    /// <summary>Every error in a volume, a line each.</summary>
    /// <param name="item">Has Errors and ErrorCount.</param>
    /// <returns>Lines of what is wrong, with which file, and what to do.</returns>
    public static string ErrorLines(PSObject item) => Lines(item, "Errors", "ErrorCount");

    private static string Lines(PSObject item, string list, string count)
    {
        List<string> lines = [.. Items(item, list).OfType<Notice>().Select(NoticeText.WithRemedy)];
        long more = Value<long>(item, count) - lines.Count;
        if (more > 0)
            lines.Add(Messages.Format(nameof(Messages.AndMore), more));
        return string.Join(Environment.NewLine, lines);
    }

    private static IEnumerable<object> Items(PSObject item, string property)
        => (Value<IEnumerable>(item, property) ?? Array.Empty<object>()).Cast<object>();

    private static string Text(PSObject item, string property) => DisplayText.Safe(Value<string>(item, property) ?? "");

    private static T? Value<T>(PSObject item, string property)
    {
        ArgumentNullException.ThrowIfNull(item);
        object? value = item.Properties[property]?.Value;
        return (value is PSObject wrapped ? wrapped.BaseObject : value) is T typed ? typed : default;
    }

    /// <summary>The width of each of the last columns, which share what the others leave.</summary>
    private static int Columns(int beside, int sharing) => Math.Max(8, (ConsoleWidth() - 1 - beside - (sharing - 1)) / sharing);

    /// <summary>What a table has to fit in, with the last column left free; in a pipe that is 80.</summary>
    private static int ConsoleWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and int width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
