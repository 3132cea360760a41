using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// A directory that stood where the archive has one of that name. Whoever may exchange names around it may have put another
/// user's directory there: giving that the archived owner and mode would open it. So it gets those only when nobody else
/// could exchange it, or when it belongs to the one who could. Its time it always gets.
/// </summary>
internal static class ExistingDirectory
{
    private const int OthersMayWrite = 0x12; // -w--w-

    private const int Sticky = 0x200;

    /// <summary>What of the metadata a directory is to get; the rest is what it has.</summary>
    /// <param name="wanted">The metadata that the archive has for it.</param>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="traits">Who this process is. One without root's rights changes nothing but its own.</param>
    /// <param name="loss"><see cref="MetadataLoss.Exchangeable"/> when the result differs from what is wanted.</param>
    public static FileMetadata Allow(
        in FileMetadata wanted, IDirectory parent, IDirectory directory, FileSystemTraits traits, out MetadataLoss loss)
    {
        loss = MetadataLoss.None;
        if (!traits.IsPrivileged)
        {
            return wanted;
        }

        parent.GetStatus(out var around);
        var allowed = directory.ReadMetadata();
        if (IsSurelyMeant(around, allowed.UserId, traits.UserId))
        {
            return wanted;
        }

        bool isOwnerSame = !wanted.SetOwner || (wanted.UserId == allowed.UserId && wanted.GroupId == allowed.GroupId);
        if (!isOwnerSame || wanted.Mode != allowed.Mode || !AreSame(wanted.Attributes ?? [], allowed.Attributes ?? []))
        {
            loss = MetadataLoss.Exchangeable;
        }

        allowed.ModifiedAt = wanted.ModifiedAt;
        return allowed;
    }

    private static bool IsSurelyMeant(in FileStatus around, uint owner, uint self)
    {
        bool isOthers = around.UserId != 0 && around.UserId != self;
        bool isShared = (around.Mode & OthersMayWrite) != 0 && (around.Mode & Sticky) == 0;
        return isOthers ? owner == around.UserId : !isShared;
    }

    private static bool AreSame(List<ExtendedAttribute> these, List<ExtendedAttribute> those) =>
        these.Count == those.Count
        && these.TrueForAll(one => those.Exists(other => one.Name.AsSpan().SequenceEqual(other.Name) && one.Value.AsSpan().SequenceEqual(other.Value)));
}
