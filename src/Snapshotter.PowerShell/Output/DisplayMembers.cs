using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Snapshotter.PowerShell.Output;

/// <summary>
/// What results have beside their own properties: the headings of the tables as properties, and (hidden) what the tables show
/// under them. Types are named, not referred to: the assembly of the last is loaded only where containers come in.
/// What is shown of a whole property is a member of the property's name with a space behind it: among results of another kind
/// PowerShell makes a list of the members that are shown by default, and labels them by their names.
/// </summary>
internal static class DisplayMembers
{
    public static TypeData[] All() =>
    [
        Members(
            "Snapshotter.Engine.Reporting.VolumeReport",
            [
                Alias("Size", "Bytes"),
                Hidden("Size ", DisplayProperties.Size),
                Hidden("Duration ", DisplayProperties.Duration),
                Hidden("SavedTarget", DisplayProperties.SavedTarget),
                Hidden("RestoredTarget", DisplayProperties.RestoredTarget),
                Hidden("RestoredPath", DisplayProperties.RestoredPath),
                Hidden("Warnings ", DisplayProperties.WarningLines),
                Hidden("Removed ", DisplayProperties.Removed),
                Hidden("Archive ", DisplayProperties.Archive),
                Hidden("Prefix ", DisplayProperties.Prefix),
                Hidden("Target ", DisplayProperties.Target),
                Hidden("Path ", DisplayProperties.Path),
            ],
            "Archive ", "Prefix ", "Generation", "Target ", "Path ", "Type", "Entries", "Size ", "Duration ",
            "Complete", "Removed ", "Warnings "),
        Members(
            "Snapshotter.Engine.Reporting.ArchivedVolume",
            [
                Alias("Size", "Bytes"),
                Alias("Newest", "IsNewest"),
                Hidden("Size ", DisplayProperties.Size),
                Hidden("Created ", DisplayProperties.Created),
                Hidden("PrefixText", DisplayProperties.ArchivedPrefix),
                Hidden("TargetText", DisplayProperties.ArchivedTarget),
                Hidden("Archive ", DisplayProperties.Archive),
                Hidden("Prefix ", DisplayProperties.Prefix),
                Hidden("Target ", DisplayProperties.Target),
            ],
            "Archive ", "Prefix ", "Generation", "Newest", "Created ", "Target ", "Type", "Entries", "Size ",
            "Complete"),
        Members(
            "Snapshotter.Engine.Reporting.ArchivedEntry",
            [
                Code("Owner", DisplayProperties.Owner),
                Hidden("Size ", DisplayProperties.Size),
                Hidden("Mode ", DisplayProperties.Mode),
                Hidden("Modified ", DisplayProperties.Modified),
                Hidden("PathText", DisplayProperties.EntryPath),
                Hidden("VolumeText", DisplayProperties.EntryVolume),
                Hidden("Archive ", DisplayProperties.Archive),
                Hidden("Prefix ", DisplayProperties.Prefix),
                Hidden("Target ", DisplayProperties.Target),
                Hidden("Path ", DisplayProperties.Path),
                Hidden("LinkTarget ", DisplayProperties.Link),
            ],
            "Archive ", "Prefix ", "Generation", "Target ", "Path ", "Type", "LinkTarget ", "Mode ", "Owner",
            "Size ", "Modified "),
        Members(
            "Snapshotter.Engine.Reporting.VolumeTestReport",
            [
                Alias("Size", "Bytes"),
                Hidden("Size ", DisplayProperties.Size),
                Hidden("Duration ", DisplayProperties.Duration),
                Hidden("PrefixText", DisplayProperties.TestedPrefix),
                Hidden("TargetText", DisplayProperties.TestedTarget),
                Hidden("Errors ", DisplayProperties.ErrorLines),
                Hidden("Archive ", DisplayProperties.Archive),
                Hidden("Prefix ", DisplayProperties.Prefix),
                Hidden("Target ", DisplayProperties.Target),
            ],
            "Archive ", "Prefix ", "Generation", "Target ", "Entries", "Size ", "Verified", "Duration ", "Passed",
            "Errors "),
        Members(
            "Snapshotter.Engine.Reporting.PlannedGeneration",
            [
                Alias("Size", "Bytes"),
                Alias("Stays", "Keep"),
                Alias("Why", "Reasons"),
                Hidden("Size ", DisplayProperties.Size),
                Hidden("Created ", DisplayProperties.Created),
                Hidden("PrefixText", DisplayProperties.PlannedPrefix),
                Hidden("Why ", DisplayProperties.Why),
                Hidden("Volumes ", DisplayProperties.Volumes),
                Hidden("Archive ", DisplayProperties.Archive),
                Hidden("Prefix ", DisplayProperties.Prefix),
            ],
            "Archive ", "Prefix ", "Generation", "Created ", "Size ", "Stays", "Why ", "Volumes "),
        Members(
            "Snapshotter.Docker.ContainerVolumeConfig",
            [
                Alias("Container", "ContainerName"),
                Hidden("ContainerText", DisplayProperties.ContainerName),
                Hidden("PrefixText", DisplayProperties.ContainerPrefix),
                Hidden("Container ", DisplayProperties.ContainerName),
                Hidden("Prefix ", DisplayProperties.Prefix),
                Hidden("Volumes ", DisplayProperties.Volumes),
            ],
            "Container ", "State", "Prefix ", "Volumes "),
        Members(
            "Snapshotter.Engine.Reporting.Notice",
            [
                Hidden("Path ", DisplayProperties.Path),
                Hidden("Message ", DisplayProperties.NoticeLine),
            ],
            "Kind", "Message "),
    ];

    private static TypeData Members(string type, TypeMemberData[] members, params string[] shownByDefault)
    {
        var data = new TypeData(type) { DefaultDisplayPropertySet = new PropertySetData(shownByDefault) };
        foreach (TypeMemberData member in members)
            data.Members.Add(member.Name, member);
        return data;
    }

    private static AliasPropertyData Alias(string name, string of) => new(name, of);

    private static CodePropertyData Code(string name, Func<PSObject, string> text) => new(name, text.Method);

    private static CodePropertyData Hidden(string name, Func<PSObject, string> text) => new(name, text.Method) { IsHidden = true };
}
