using System.Management.Automation;

namespace Snapshotter.PowerShell.Output;

/// <summary>The tables and lists in which results are shown. The first view of a type is the one that is taken unasked.</summary>
internal static class DisplayViews
{
    public static ExtendedTypeDefinition[] All() =>
    [
        Views(
            "Snapshotter.Engine.Reporting.VolumeReport#Restored",
            Table(
                null,
                Column("Complete", 8), Number("Warnings", 8, "WarningCount"), Number("Generation", 10), Number("Size", 9, "Size "),
                Column("Path", 0, "RestoredPath"), Column("Target", 0, "RestoredTarget"))),
        Views(
            "Snapshotter.Engine.Reporting.VolumeReport",
            Table(
                null,
                Column("Complete", 8), Number("Warnings", 8, "WarningCount"), Number("Generation", 10), Number("Size", 9, "Size "),
                Number("Duration", 9, "Duration "), Column("Target", 0, "SavedTarget")),
            List(
                ("Archive", "Archive "), ("Prefix", "Prefix "), (null, "Generation"), ("Target", "Target "),
                ("Path", "Path "), (null, "Type"), (null, "Entries"), ("Size", "Size "), ("Duration", "Duration "),
                (null, "Complete"), ("Removed", "Removed "), ("Warnings", "Warnings "))),
        Views(
            "Snapshotter.Engine.Reporting.ArchivedVolume",
            Table(
                ("Archive", "Archive "),
                Column("Complete", 8), Number("Generation", 10), Column("Created", 16, "Created "), Number("Size", 9, "Size "),
                Column("Prefix", 0, "PrefixText"), Column("Target", 0, "TargetText")),
            List(
                ("Archive", "Archive "), ("Prefix", "Prefix "), (null, "Generation"), (null, "Newest"),
                ("Created", "Created "), ("Target", "Target "), (null, "Id"), (null, "Type"), (null, "Entries"),
                ("Size", "Size "), (null, "Checksum"), (null, "Complete"))),
        Views(
            "Snapshotter.Engine.Reporting.VolumeTestReport",
            Table(
                ("Archive", "Archive "),
                Column("Passed", 6), Number("Errors", 6, "ErrorCount"), Number("Generation", 10), Number("Size", 9, "Size "),
                Column("Prefix", 0, "PrefixText"), Column("Target", 0, "TargetText")),
            List(
                ("Archive", "Archive "), ("Prefix", "Prefix "), (null, "Generation"), ("Target", "Target "),
                (null, "Entries"), ("Size", "Size "), (null, "Verified"), ("Duration", "Duration "), (null, "Passed"),
                ("Errors", "Errors "))),
        Views(
            "Snapshotter.Engine.Reporting.PlannedGeneration",
            Table(
                ("Archive", "Archive "),
                Column("Stays", 5, "Keep"), Number("Generation", 10), Column("Created", 16, "Created "), Number("Size", 9, "Size "),
                Column("Prefix", 0, "PrefixText"), Column("Why", 0, "Why ")),
            List(
                ("Archive", "Archive "), ("Prefix", "Prefix "), (null, "Generation"), ("Created", "Created "),
                ("Size", "Size "), (null, "Stays"), ("Why", "Why "), ("Volumes", "Volumes "))),
        Views(
            "Snapshotter.Engine.Reporting.ArchivedEntry",
            Table(
                ("Volume", "VolumeText"),
                Column("Mode", 10, "Mode "), Column("Owner", 11), Number("Size", 9, "Size "), Column("Modified", 16, "Modified "),
                Column("Path", 0, "PathText")),
            List(
                ("Archive", "Archive "), ("Prefix", "Prefix "), (null, "Generation"), ("Target", "Target "),
                ("Path", "Path "), (null, "Type"), ("LinkTarget", "LinkTarget "), ("Mode", "Mode "), (null, "Owner"),
                ("Size", "Size "), ("Modified", "Modified "), (null, "Offset"))),
        Views(
            "Snapshotter.Docker.ContainerVolumeConfig",
            Table(
                null,
                Column("State", 10), Column("Container", 0, "ContainerText"), Column("Prefix", 0, "PrefixText"),
                Column("Volumes", 0, "Volumes ")),
            List(("Container", "ContainerText"), (null, "State"), ("Prefix", "PrefixText"), ("Volumes", "Volumes "))),
        Views(
            "Snapshotter.Engine.Reporting.Notice",
            Table(wrap: true, null, Column("Kind", 20), Column("Message", 0, "Message ")),
            List((null, "Kind"), ("Path", "Path "), ("Message", "Message "))),
    ];

    private static ExtendedTypeDefinition Views(string type, params PSControl[] controls) =>
        new(type, controls.Select(control => new FormatViewDefinition(type, control)));

    /// <summary>A column; one without a width shares with the others of that kind what is left.</summary>
    private static TableColumn Column(string label, int width, string? property = null) =>
        new(label, width, Alignment.Undefined, property ?? label);

    private static TableColumn Number(string label, int width, string? property = null) =>
        new(label, width, Alignment.Right, property ?? label);

    private static TableControl Table((string Label, string Property)? group, params TableColumn[] columns) => Table(false, group, columns);

    private static TableControl Table(bool wrap, (string Label, string Property)? group, params TableColumn[] columns)
    {
        TableControlBuilder table = TableControl.Create(outOfBand: false, autoSize: false, hideTableHeaders: false);
        if (group is { } by)
            table.GroupByProperty(by.Property, null, by.Label);
        foreach (TableColumn column in columns)
            table.AddHeader(column.Alignment, column.Width, column.Label);
        TableRowDefinitionBuilder row = table.StartRowDefinition(wrap, null, null);
        foreach (TableColumn column in columns)
            row.AddPropertyColumn(column.Property, Alignment.Undefined, null);
        return row.EndRowDefinition().EndTable();
    }

    private static ListControl List(params (string? Label, string Property)[] items)
    {
        ListEntryBuilder entry = ListControl.Create(outOfBand: false).StartEntry(null, null);
        foreach ((string? label, string property) in items)
            entry.AddItemProperty(property, label, null);
        return entry.EndEntry().EndList();
    }

    private readonly record struct TableColumn(string Label, int Width, Alignment Alignment, string Property);
}
