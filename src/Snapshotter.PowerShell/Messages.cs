using System.Globalization;
using System.Resources;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell;

/// <summary>The words of this layer, from Messages.resx: a satellite assembly translates them.</summary>
internal static class Messages
{
    private static readonly ResourceManager Table = new(typeof(Messages));

    public static string Done => Get(nameof(Done));
    public static string DoneOf => Get(nameof(DoneOf));
    public static string ProgressStatus => Get(nameof(ProgressStatus));
    public static string PathNotFileSystem => Get(nameof(PathNotFileSystem));
    public static string NoMatch => Get(nameof(NoMatch));
    public static string NotAConfig => Get(nameof(NotAConfig));
    public static string NotAPath => Get(nameof(NotAPath));
    public static string NotADuration => Get(nameof(NotADuration));
    public static string NotASpan => Get(nameof(NotASpan));
    public static string UnknownKey => Get(nameof(UnknownKey));
    public static string WrongValue => Get(nameof(WrongValue));
    public static string NotAVolume => Get(nameof(NotAVolume));
    public static string PlaceNotMounted => Get(nameof(PlaceNotMounted));
    public static string GenerationAmbiguous => Get(nameof(GenerationAmbiguous));
    public static string ActionInitialize => Get(nameof(ActionInitialize));
    public static string ActionBackup => Get(nameof(ActionBackup));
    public static string ActionRestore => Get(nameof(ActionRestore));
    public static string ActionRestoreOlder => Get(nameof(ActionRestoreOlder));
    public static string ActionKeep => Get(nameof(ActionKeep));
    public static string ActionBackupKeep => Get(nameof(ActionBackupKeep));
    public static string ActionOptimize => Get(nameof(ActionOptimize));
    public static string ActionMend => Get(nameof(ActionMend));
    public static string UntrustedQuery => Get(nameof(UntrustedQuery));
    public static string UntrustedPlace => Get(nameof(UntrustedPlace));
    public static string UntrustedQuestion => Get(nameof(UntrustedQuestion));
    public static string NoConfigOrPrefix => Get(nameof(NoConfigOrPrefix));
    public static string UntrustedOlder => Get(nameof(UntrustedOlder));
    public static string OlderLeftOut => Get(nameof(OlderLeftOut));
    public static string UntrustedCaption => Get(nameof(UntrustedCaption));
    public static string MountOmitted => Get(nameof(MountOmitted));
    public static string EngineIsRemote => Get(nameof(EngineIsRemote));
    public static string ContainerIsRemote => Get(nameof(ContainerIsRemote));
    public static string NoContainer => Get(nameof(NoContainer));
    public static string NoKeepRules => Get(nameof(NoKeepRules));
    public static string OfVolume => Get(nameof(OfVolume));
    public static string OfNoVolume => Get(nameof(OfNoVolume));
    public static string OfNoGeneration => Get(nameof(OfNoGeneration));
    public static string AndMore => Get(nameof(AndMore));
    public static string NotAnArchive => Get(nameof(NotAnArchive));
    public static string NotAGeneration => Get(nameof(NotAGeneration));
    public static string NotATime => Get(nameof(NotATime));
    public static string NotAnEntry => Get(nameof(NotAnEntry));
    public static string NoArchiveMatches => Get(nameof(NoArchiveMatches));
    public static string NobodyToAsk => Get(nameof(NobodyToAsk));
    public static string ArchiveAmbiguous => Get(nameof(ArchiveAmbiguous));
    public static string NoVolumePath => Get(nameof(NoVolumePath));
    public static string EntryOfNoVolume => Get(nameof(EntryOfNoVolume));
    public static string EntrySkipped => Get(nameof(EntrySkipped));
    public static string ContainerWithoutVolumes => Get(nameof(ContainerWithoutVolumes));
    public static string ActionReplace => Get(nameof(ActionReplace));
    public static string ToldSaved => Get(nameof(ToldSaved));
    public static string ToldRestored => Get(nameof(ToldRestored));
    public static string ToldRemoved => Get(nameof(ToldRemoved));
    public static string ToldCreated => Get(nameof(ToldCreated));
    public static string MoreErrors => Get(nameof(MoreErrors));
    public static string PolicyAmbiguous => Get(nameof(PolicyAmbiguous));
    public static string ContainersHeld => Get(nameof(ContainersHeld));

    /// <summary>A message with its placeholders filled; texts among them are names, and are shown as such.</summary>
    public static string Format(string name, params object?[] arguments)
        => string.Format(CultureInfo.CurrentCulture, Get(name), Array.ConvertAll(arguments, argument => argument is string text ? Shown.Name(text) : argument));

    /// <summary>The same with texts in which names are shown as such already.</summary>
    public static string FormatShown(string name, params object?[] arguments)
        => string.Format(CultureInfo.CurrentCulture, Get(name), arguments);

    private static string Get(string name)
        => Table.GetString(name, CultureInfo.CurrentUICulture) ?? throw new MissingManifestResourceException(name);
}
