using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Snapshotter.PowerShell.Output;

/// <summary>
/// What results have beside their own properties: the headings of the tables as properties, and (hidden) what the tables show
/// under them. Types are named, not referred to: the assembly of the last is loaded only where containers come in.
/// </summary>
internal static class DisplayMembers
{
    public static TypeData[] All() =>
    [
        Members(
            "Snapshotter.Engine.Reporting.VolumeReport",
            [
                Alias("Size", "Bytes"),
                Hidden("SizeText", DisplayProperties.Size),
                Hidden("DurationText", DisplayProperties.Duration),
                Hidden("SavedTarget", DisplayProperties.SavedTarget),
                Hidden("RestoredTarget", DisplayProperties.RestoredTarget),
                Hidden("RestoredPath", DisplayProperties.RestoredPath),
                Hidden("WarningLines", DisplayProperties.WarningLines),
                Hidden("RemovedText", DisplayProperties.Removed),
                Hidden("ShownArchive", DisplayProperties.Archive),
                Hidden("ShownPrefix", DisplayProperties.Prefix),
                Hidden("ShownTarget", DisplayProperties.Target),
                Hidden("ShownPath", DisplayProperties.Path),
            ],
            "ShownArchive", "ShownPrefix", "Generation", "ShownTarget", "ShownPath", "Type", "Entries", "SizeText", "DurationText",
            "Complete", "RemovedText", "WarningLines"),
        Members(
            "Snapshotter.Engine.Reporting.ArchivedVolume",
            [
                Alias("Size", "Bytes"),
                Alias("Newest", "IsNewest"),
                Hidden("SizeText", DisplayProperties.Size),
                Hidden("CreatedText", DisplayProperties.Created),
                Hidden("PrefixText", DisplayProperties.ArchivedPrefix),
                Hidden("TargetText", DisplayProperties.ArchivedTarget),
                Hidden("ShownArchive", DisplayProperties.Archive),
                Hidden("ShownPrefix", DisplayProperties.Prefix),
                Hidden("ShownTarget", DisplayProperties.Target),
            ],
            "ShownArchive", "ShownPrefix", "Generation", "IsNewest", "CreatedText", "ShownTarget", "Type", "Entries", "SizeText",
            "Complete"),
        Members(
            "Snapshotter.Engine.Reporting.ArchivedEntry",
            [
                Code("Owner", DisplayProperties.Owner),
                Hidden("SizeText", DisplayProperties.Size),
                Hidden("ModeText", DisplayProperties.Mode),
                Hidden("ModifiedText", DisplayProperties.Modified),
                Hidden("PathText", DisplayProperties.EntryPath),
                Hidden("VolumeText", DisplayProperties.EntryVolume),
                Hidden("ShownArchive", DisplayProperties.Archive),
                Hidden("ShownPrefix", DisplayProperties.Prefix),
                Hidden("ShownTarget", DisplayProperties.Target),
                Hidden("ShownPath", DisplayProperties.Path),
                Hidden("ShownLink", DisplayProperties.Link),
            ],
            "ShownArchive", "ShownPrefix", "Generation", "ShownTarget", "ShownPath", "Type", "ShownLink", "ModeText", "Owner",
            "SizeText", "ModifiedText"),
        Members(
            "Snapshotter.Engine.Reporting.VolumeTestReport",
            [
                Alias("Size", "Bytes"),
                Hidden("SizeText", DisplayProperties.Size),
                Hidden("DurationText", DisplayProperties.Duration),
                Hidden("PrefixText", DisplayProperties.TestedPrefix),
                Hidden("TargetText", DisplayProperties.TestedTarget),
                Hidden("ErrorLines", DisplayProperties.ErrorLines),
                Hidden("ShownArchive", DisplayProperties.Archive),
                Hidden("ShownPrefix", DisplayProperties.Prefix),
                Hidden("ShownTarget", DisplayProperties.Target),
            ],
            "ShownArchive", "ShownPrefix", "Generation", "ShownTarget", "Entries", "SizeText", "Verified", "DurationText", "Passed",
            "ErrorLines"),
        Members(
            "Snapshotter.Engine.Reporting.PlannedGeneration",
            [
                Alias("Size", "Bytes"),
                Alias("Stays", "Keep"),
                Alias("Why", "Reasons"),
                Hidden("SizeText", DisplayProperties.Size),
                Hidden("CreatedText", DisplayProperties.Created),
                Hidden("PrefixText", DisplayProperties.PlannedPrefix),
                Hidden("WhyText", DisplayProperties.Why),
                Hidden("VolumesText", DisplayProperties.Volumes),
                Hidden("ShownArchive", DisplayProperties.Archive),
                Hidden("ShownPrefix", DisplayProperties.Prefix),
            ],
            "ShownArchive", "ShownPrefix", "Generation", "CreatedText", "SizeText", "Keep", "WhyText", "VolumesText"),
        Members(
            "Snapshotter.Docker.ContainerVolumeConfig",
            [
                Alias("Container", "ContainerName"),
                Hidden("ContainerText", DisplayProperties.ContainerName),
                Hidden("PrefixText", DisplayProperties.ContainerPrefix),
                Hidden("VolumesText", DisplayProperties.Volumes),
            ],
            "ContainerText", "State", "PrefixText", "VolumesText"),
        Members(
            "Snapshotter.Engine.Reporting.Notice",
            [
                Hidden("ShownPath", DisplayProperties.Path),
                Hidden("NoticeLine", DisplayProperties.NoticeLine),
            ],
            "Kind", "NoticeLine"),
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
