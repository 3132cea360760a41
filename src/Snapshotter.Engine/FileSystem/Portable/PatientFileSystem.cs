namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>
/// Copes with what Windows forbids and Unix does not: what another program has open is tried again for some time, and what is
/// read-only is opened to be replaced or removed, and shut again when that fails.
/// </summary>
/// <param name="real">The file system.</param>
/// <param name="patience">How long is waited for others.</param>
internal sealed class PatientFileSystem(IFileSystem real, Patience patience) : IFileSystem
{
    public FileSystemTraits Traits => real.Traits;

    public IDirectory OpenDirectory(string path) => new PatientDirectory(real.OpenDirectory(path), patience);

    public IFile OpenFile(string path, FileAccessKind access) =>
        patience.Insist(() => real.OpenFile(path, access), e => e.Error != FileError.InUse ? default
            : access == FileAccessKind.Read ? patience.Short : patience.Longest);

    public bool TryGetStatus(string path, out FileStatus status) => real.TryGetStatus(path, out status);

    public bool MayFollow(IDirectory directory, in FileStatus link) =>
        real.MayFollow(directory is PatientDirectory patient ? patient.Real : directory, link);

    public void CreateDirectories(string path) => real.CreateDirectories(path);

    public IReadOnlyList<string> MountPointsBelow(string path) => real.MountPointsBelow(path);

    public string? PlaceOf(string path) => real.PlaceOf(path);

    public long FreeSpace(string path) => real.FreeSpace(path);

    public long? FreeFiles(string path) => real.FreeFiles(path);

    public bool MayCompress(string path) => real.MayCompress(path);

    public IFile CreateSpool() => real.CreateSpool();

    public ReadOnlyMemory<byte> UserName(uint userId) => real.UserName(userId);

    public ReadOnlyMemory<byte> GroupName(uint groupId) => real.GroupName(groupId);
}
