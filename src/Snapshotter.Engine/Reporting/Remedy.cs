namespace Snapshotter.Engine.Reporting;

/// <summary>
/// What the user can do about an error. The engine says what is wrong and gives one of these; whoever called it knows
/// the words (which parameter, which command) and may put <see cref="BackupException.Target"/> or
/// <see cref="Notice.Path"/> into them.
/// </summary>
public enum Remedy
{
    /// <summary>The message says all there is to say.</summary>
    None,

    /// <summary>Create an archive at the target.</summary>
    CreateArchive,

    /// <summary>Name a tar file, or create an archive of another name: what is there is something else.</summary>
    NameArchive,

    /// <summary>Use another archive.</summary>
    AnotherArchive,

    /// <summary>Move the directory away that stands where a file of that name must be, and create the file. Container engines make such directories.</summary>
    ReplaceDirectory,

    /// <summary>Create the folder that the file is to stand in.</summary>
    CreateFolder,

    /// <summary>Ask for an existing file to be replaced.</summary>
    AllowReplacing,

    /// <summary>Wait until another process has finished with the archive.</summary>
    WaitForArchive,

    /// <summary>Make room where the archive is, for instance by removing old generations.</summary>
    FreeArchiveSpace,

    /// <summary>Make room in the folder for temporary files, or name another one.</summary>
    FreeTemporarySpace,

    /// <summary>Make room where the volume is, or restore without a second copy.</summary>
    FreeVolumeSpace,

    /// <summary>Make room where the volume is; nothing else helps.</summary>
    FreeSpace,

    /// <summary>Check permissions, and whether the file system is mounted read-only.</summary>
    CheckPermissions,

    /// <summary>Use a copy of the archive that is whole, or the volumes and generations that are whole in this one.</summary>
    UseOtherCopy,

    /// <summary>Check who may read it, or run as one who may read everything.</summary>
    ChangeReader,

    /// <summary>Run as a user who may do it.</summary>
    ChangeUser,

    /// <summary>The file is mounted by itself: work where its folder can be reached.</summary>
    MountFolder,

    /// <summary>Mount the volume writable.</summary>
    MountWritable,

    /// <summary>Check the path, and whether it is mounted.</summary>
    CheckMount,

    /// <summary>See which prefixes, generations and volumes the archive holds.</summary>
    ListArchive,

    /// <summary>Name a generation; the message has the numbers of those that can be read.</summary>
    ChooseGeneration,

    /// <summary>Name the volumes that are whole, or an older generation; the message has them.</summary>
    ChooseWhole,

    /// <summary>Say which generations go, or which stay.</summary>
    ChooseWhatGoes,

    /// <summary>Name the volumes whose newest generation may go too, or ask for a whole prefix to be removed.</summary>
    WaiveProtection,

    /// <summary>Apply rules that judge every volume of the prefix.</summary>
    JudgeAllVolumes,

    /// <summary>Remove the generations by their numbers.</summary>
    RemoveByNumber,

    /// <summary>Set the clock of the machine.</summary>
    SetClock,

    /// <summary>Run an optimization, which mends it.</summary>
    OptimizeArchive,

    /// <summary>Create the configuration file.</summary>
    CreateConfig,

    /// <summary>Name the volumes and their places in a configuration, or restore elsewhere.</summary>
    NameVolumes,

    /// <summary>Say where the volume stands on this machine, or work where its path is one: in a container that shares the volumes.</summary>
    NamePlace,

    /// <summary>Restore to another place.</summary>
    RestoreElsewhere,

    /// <summary>Restore the same volume again, which finishes what was interrupted.</summary>
    RestoreAgain,

    /// <summary>Leave the entry out of the restore.</summary>
    LeaveOut,

    /// <summary>Do without owners, or restore as root.</summary>
    LeaveOwners,
}
