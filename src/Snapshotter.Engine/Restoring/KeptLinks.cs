using System.Globalization;
using System.Text;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Files of several names, while these are moved one by one to where each would become a file of its own: a further name of
/// each is kept in the staging folder, and the others are made from it.
/// </summary>
/// <param name="staging">The staging folder.</param>
internal sealed class KeptLinks(IDirectory staging) : IDisposable
{
    private readonly Dictionary<FileId, byte[]> names = [];
    private IDirectory? folder;

    public bool Has(FileId before) => names.ContainsKey(before);

    /// <summary>Gives a file that was moved before a further name. False when it was not, or cannot have one there.</summary>
    /// <param name="before">What the file was before it was moved.</param>
    /// <param name="to">Where the name goes.</param>
    /// <param name="name">The name.</param>
    public bool TryPut(FileId before, IDirectory to, ReadOnlySpan<byte> name)
    {
        if (!names.TryGetValue(before, out byte[]? kept))
        {
            return false;
        }

        try
        {
            to.CreateHardLink(name, folder!, kept);
            return true;
        }
        catch (FileSystemException e) when (IsHarmless(e.Error))
        {
            return false;
        }
    }

    /// <summary>Takes note of a file that was moved.</summary>
    /// <param name="before">What it was before.</param>
    /// <param name="at">Where it is now.</param>
    /// <param name="name">Its name there.</param>
    public void Note(FileId before, IDirectory at, ReadOnlySpan<byte> name)
    {
        try
        {
            folder ??= Open();
            byte[] kept = Encoding.ASCII.GetBytes(names.Count.ToString(CultureInfo.InvariantCulture));
            folder.CreateHardLink(kept, at, name);
            names[before] = kept;
        }
        catch (FileSystemException e) when (IsHarmless(e.Error))
        {
            // Then its other names become files of their own.
        }
    }

    /// <summary>
    /// After all was moved back: what was not moved before, and so is the file that it was, becomes one again with what was.
    /// </summary>
    /// <param name="root">The volume's root; stays open.</param>
    /// <exception cref="FileSystemException">Some of it cannot be looked at or joined.</exception>
    public void Rejoin(IDirectory root)
    {
        if (names.Count == 0)
        {
            return;
        }

        var ours = StagingFolder.OwnershipAt(staging);
        var start = new TreeDirectory(root.Reopen(), []);
        try
        {
            using var cursor = new TreeCursor(start);
            while (cursor.Next() is var step && step != TreeStep.End)
            {
                if (step == TreeStep.Enter && !cursor.IsOnOtherMount)
                {
                    Rejoin(cursor, ours);
                }
            }
        }
        finally
        {
            start.Release();
        }
    }

    public void Dispose() => folder?.Dispose();

    private void Rejoin(TreeCursor cursor, Ownership ours)
    {
        var directory = cursor.Current.Handle;
        using var place = new MovePlace(directory);
        var listing = directory.List();
        bool isChanged = false;
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            if (!directory.TryGetStatus(name, out var status) || StagingFolder.IsOurs(directory, name, ours))
            {
                continue;
            }

            if (status.Kind == FileKind.Directory)
            {
                cursor.Descend(name);
            }
            else if (names.ContainsKey(status.Id) && TryPut(status.Id, place.Aside, MovePlace.Name))
            {
                place.Aside.Rename(MovePlace.Name, directory, name);
                isChanged = true;
            }
        }

        if (isChanged)
        {
            place.Dispose();
            directory.SetTime(cursor.Status);
        }
    }

    private static bool IsHarmless(FileError error) => error is
        FileError.CrossDevice or FileError.TooManyLinks or FileError.Exists or FileError.NotFound or FileError.NotSupported
        or FileError.AccessDenied;

    /// <summary>What a killed process noted is not known any more.</summary>
    private IDirectory Open()
    {
        TreeRemover.Remove(staging, StagingFolder.Made);
        staging.CreateDirectory(StagingFolder.Made, Ownership.OwnerOnly);
        return staging.OpenDirectory(StagingFolder.Made);
    }
}
