using System.Globalization;
using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>Makes something of a name in a directory. False when it could not be made and that has been told.</summary>
internal delegate bool Make(IDirectory directory, ReadOnlySpan<byte> name);

/// <summary>A directory in which others may write while it is being filled.</summary>
/// <param name="Made">The folder in the staging folder for what is made aside.</param>
/// <param name="LinkTargets">The paths that hard links lead to.</param>
/// <param name="Durable">False leaves out the flushes.</param>
internal sealed record OpenPlace(IDirectory Made, IReadOnlySet<PathHash> LinkTargets, bool Durable);

/// <summary>
/// Makes what is to stand in a directory that others may write to: in the staging folder first, where no name can be
/// exchanged, with all its metadata; then it is flushed and renamed to its place. One per thread.
/// </summary>
/// <param name="place">Where the folders for that are.</param>
/// <param name="folder">The name of the one for this thread: two who make names in one folder wait for each other.</param>
/// <param name="mode">What becomes of what stands there.</param>
/// <param name="losses">Where is noted what could not be put in its place.</param>
internal sealed class Aside(OpenPlace place, string folder, WriteMode mode, LossLog losses) : IDisposable
{
    private static readonly byte[][] Names =
        [.. Enumerable.Range(0, RestoreBatch.MaxJobs).Select(i => Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)))];

    private readonly List<Waiting> waiting = new(RestoreBatch.MaxJobs);
    private IDirectory? own;
    private IDirectory? elsewhere;

    /// <summary>Makes something and puts it in its place.</summary>
    /// <param name="directory">Where it is to stand.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="make">Makes it, under another name in another directory.</param>
    /// <returns>False when something stays in its place, which is told.</returns>
    public bool Put(IDirectory directory, byte[] name, Make make)
    {
        bool isAdded = Add(directory, name, make);
        PutAll(flush: false);
        return isAdded;
    }

    /// <summary>Makes something, for <see cref="PutAll"/> to put in its place.</summary>
    /// <returns>False when something stays in its place, which is told.</returns>
    public bool Add(IDirectory directory, byte[] name, Make make)
    {
        if (mode == WriteMode.Merge && !MakeWay(directory, name))
        {
            return false;
        }

        if (waiting.Count == Names.Length)
        {
            PutAll(flush: true);
        }

        var thing = new Waiting(directory, name, Names[waiting.Count], make);
        if (directory == elsewhere)
        {
            PutBeside(thing);
            return true;
        }

        try
        {
            if (Make(thing, Own(), thing.Aside))
            {
                waiting.Add(thing);
            }
        }
        catch (FileSystemException e) when (e.Error == FileError.CrossDevice)
        {
            PutBeside(thing);
        }

        return true;
    }

    /// <summary>Puts all that was made over what stands at its place.</summary>
    /// <param name="flush">Brings it to the disk before: whatever happens, there is the old or the new.</param>
    public void PutAll(bool flush)
    {
        if (flush && place.Durable && mode != WriteMode.Fresh && waiting.Count > 0)
        {
            Own().FlushFileSystem();
        }

        foreach (var thing in waiting)
        {
            try
            {
                Rename(thing, Own(), thing.Aside);
            }
            catch (FileSystemException e) when (e.Error == FileError.InUse && mode != WriteMode.Fresh)
            {
                TreeRemover.Remove(Own(), thing.Aside);
                LeaveInUse(e);
            }
            catch (FileSystemException e) when (e.Error == FileError.CrossDevice)
            {
                TreeRemover.Remove(Own(), thing.Aside);
                PutBeside(thing);
            }
        }

        waiting.Clear();
    }

    public void Dispose() => own?.Dispose();

    /// <summary>What is to stand on a subvolume, for instance, must be made there.</summary>
    private void PutBeside(Waiting thing)
    {
        elsewhere = thing.Directory;
        var beside = PrivateFolder.Create(thing.Directory);
        try
        {
            if (Make(thing, beside.Directory, AtomicFile.Name))
            {
                if (place.Durable)
                {
                    beside.Directory.FlushFileSystem();
                }

                Rename(thing, beside.Directory, AtomicFile.Name);
            }
        }
        catch (FileSystemException e) when (e.Error == FileError.InUse && mode != WriteMode.Fresh)
        {
            LeaveInUse(e);
        }
        finally
        {
            TreeRemover.Remove(beside.Directory, AtomicFile.Name);
            beside.Remove();
        }
    }

    private static bool Make(in Waiting thing, IDirectory from, ReadOnlySpan<byte> name)
    {
        try
        {
            return thing.Make(from, name);
        }
        catch (FileSystemException e)
        {
            throw Told(e, thing);
        }
    }

    private static void Rename(in Waiting thing, IDirectory from, ReadOnlySpan<byte> name)
    {
        try
        {
            from.Rename(name, thing.Directory, thing.Name);
        }
        catch (FileSystemException e)
        {
            throw Told(e, thing);
        }
    }

    /// <summary>One file that another program has open does not keep the others from their places.</summary>
    private void LeaveInUse(FileSystemException e) => losses.Note(new Notice(
        BackupError.NotKept, e.Path, $"'{e.Path}' is not restored, and is as it was: another program has it open ({e.Detail})."));

    /// <summary>Under the path that the user knows.</summary>
    private static FileSystemException Told(FileSystemException e, in Waiting thing) =>
        new(e.Error, e.Operation, EntryNames.PathOf(thing.Directory, thing.Name), e.Detail);

    /// <summary>Removes an empty directory that stands in the way. One with something in it stays: false, and it is told.</summary>
    private bool MakeWay(IDirectory directory, ReadOnlySpan<byte> name)
    {
        if (!directory.TryGetStatus(name, out var status) || status.Kind != FileKind.Directory)
        {
            return true;
        }

        try
        {
            directory.RemoveDirectory(name);
            return true;
        }
        catch (FileSystemException e) when (e.Error is FileError.NotEmpty or FileError.Exists or FileError.Busy)
        {
            string path = EntryNames.PathOf(directory, name);
            losses.Note(new Notice(
                BackupError.NotKept, path, $"'{path}' is not restored: a directory with something in it has its name, and nothing is removed here."));
            return false;
        }
    }

    private IDirectory Own()
    {
        if (own is null)
        {
            byte[] name = Encoding.ASCII.GetBytes(folder);
            place.Made.CreateDirectory(name, Ownership.OwnerOnly);
            own = place.Made.OpenDirectory(name);
        }

        return own;
    }

    /// <summary>Something that was made and is to be put in its place.</summary>
    private readonly record struct Waiting(IDirectory Directory, byte[] Name, byte[] Aside, Make Make);
}
