namespace Snapshotter.Engine.FileSystem;

/// <summary>Whose a folder is and who may use it: what tells our own folders from those that somebody else gave such a name.</summary>
/// <param name="UserId">The owner.</param>
/// <param name="Mode">The permission bits.</param>
internal readonly record struct Ownership(uint UserId, int Mode)
{
    /// <summary>The mode rwx------.</summary>
    public const int OwnerOnly = 0x1C0;

    /// <summary>What a folder has that a process makes for itself alone. Windows tells neither owner nor mode.</summary>
    public static Ownership Of(FileSystemTraits traits) =>
        traits.HasReservedNames ? new Ownership(0, 0x1ED) : new Ownership(traits.UserId, OwnerOnly);

    public static Ownership Of(in FileStatus status) => new(status.UserId, status.Mode);
}
