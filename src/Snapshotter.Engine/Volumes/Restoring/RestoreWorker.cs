using Snapshotter.Engine.Archive;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Restoring;

/// <summary>Creates the files of a batch: made, filled, given their metadata and closed, one after the other. One per thread.</summary>
/// <param name="archive">Where the data of larger files is read from.</param>
/// <param name="mode">What becomes of what stands there.</param>
/// <param name="losses">Where metadata that cannot be set is noted.</param>
/// <param name="advanced">Called with bytes and entries done, on the worker's thread.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class RestoreWorker(
    ArchiveFile archive, WriteMode mode, LossLog losses, Action<long, long> advanced, CancellationToken cancellation)
{
    private const int Step = 256 * 1024;
    private const long KernelStep = 64 * 1024 * 1024;

    private byte[]? buffer;

    public void Process(RestoreBatch batch)
    {
        foreach (var job in batch.Jobs)
        {
            cancellation.ThrowIfCancellationRequested();
            if (mode != WriteMode.Fresh)
            {
                Replace(job);
            }
            else
            {
                Create(job, job.Name);
            }

            advanced(job.ArchiveOffset < 0 ? job.Size : 0, 1);
        }
    }

    private void Replace(in RestoreJob job)
    {
        var directory = job.Directory.Handle;
        if (mode == WriteMode.Merge && !MakeWay(directory, job.Name, losses))
        {
            return;
        }

        byte[] temporary = ReplacementName(job.Name);
        TreeRemover.Remove(directory, temporary);
        Create(job, temporary);
        PutInPlace(directory, temporary, job.Name);
    }

    /// <summary>A short name that is not in use: the final one may be as long as a name can be.</summary>
    public static byte[] ReplacementName(byte[] name) =>
        System.Text.Encoding.ASCII.GetBytes(".snapshotter-" + Hex.Of(System.Security.Cryptography.SHA256.HashData(name)) + ".part");

    /// <summary>Removes an empty directory that stands in the way. One with something in it stays: false, and it is told.</summary>
    public static bool MakeWay(IDirectory directory, ReadOnlySpan<byte> name, LossLog losses)
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
            string path = losses.PathOf(RestoreErrors.PathOf(directory, name));
            losses.Note(new Notice(
                BackupError.NotKept, path, $"'{path}' is not restored: a directory with something in it has its name, and nothing is removed here."));
            return false;
        }
    }

    /// <summary>Renames over what stands there; a directory that is in the way is removed first.</summary>
    public static void PutInPlace(IDirectory directory, byte[] temporary, byte[] name)
    {
        if (directory.TryGetStatus(temporary, out _))
        {
            if (directory.TryGetStatus(name, out var existing) && existing.Kind == FileKind.Directory)
            {
                TreeRemover.Remove(directory, name);
            }

            directory.Rename(temporary, directory, name);
        }
    }

    private void Create(in RestoreJob job, byte[] name)
    {
        var directory = job.Directory.Handle;
        try
        {
            switch (job.Metadata.Kind)
            {
                case FileKind.Regular:
                    CreateFile(job, name);
                    return;
                case FileKind.SymbolicLink:
                    byte[] target = job.LinkTarget!;
                    CreateOver(directory, name, () => directory.CreateSymbolicLink(name, target));
                    break;
                default:
                    CreateNode(job, name);
                    break;
            }

            losses.Note(directory.SetMetadata(name, job.Metadata), directory);
        }
        catch (FileSystemException e) when (
            job.Metadata.Kind != FileKind.Regular && e.Error is FileError.AccessDenied or FileError.NotSupported)
        {
            string path = losses.PathOf(RestoreErrors.PathOf(directory, job.Name));
            losses.Note(new Notice(BackupError.NotKept, path, $"'{path}' could not be created: {e.Detail}."));
        }
    }

    private void CreateNode(RestoreJob job, byte[] name)
    {
        var directory = job.Directory.Handle;
        CreateOver(directory, name, () => directory.CreateNode(
            name, job.Metadata.Kind, job.Metadata.Mode & 0x1FF, job.DeviceMajor, job.DeviceMinor));
    }

    /// <summary>An archive may hold a name twice; the later entry counts. Nothing is ever written through what is there.</summary>
    private void CreateOver(IDirectory directory, byte[] name, Action create)
    {
        try
        {
            create();
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            ClearWay(directory, name);
            create();
        }
    }

    private void ClearWay(IDirectory directory, byte[] name)
    {
        if (directory.TryGetStatus(name, out var status) && status.Kind == FileKind.Directory)
        {
            string path = RestoreErrors.PathOf(directory, name);
            throw new BackupException(
                BackupError.UnsafeEntry, $"'{archive.Path}' has both a directory and something else of the name '{path}'. The archive is refused.", path)
            {
                EntryName = path,
            };
        }

        directory.RemoveFile(name);
    }

    private void CreateFile(in RestoreJob job, byte[] name)
    {
        var directory = job.Directory.Handle;
        int mode = job.Metadata.Mode & 0x1FF;
        IFile file;
        try
        {
            file = directory.CreateFile(name, mode);
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            ClearWay(directory, name);
            file = directory.CreateFile(name, mode);
        }

        using (file)
        {
            Fill(file, job, isFresh: true);
            losses.Note(file.SetMetadata(job.Metadata), file);
        }
    }

    /// <summary>Writes the content of a file. What is a hole stays one in a fresh file, and is written as zeros in another.</summary>
    public void Fill(IFile file, in RestoreJob job, bool isFresh)
    {
        if (job.ArchiveOffset < 0)
        {
            if (job.Size > 0)
            {
                file.Write(job.Data.Span, 0);
            }
        }
        else
        {
            long position = job.ArchiveOffset;
            long reached = 0;
            foreach (var run in job.Runs ?? [new SparseRun(0, job.Size)])
            {
                WriteZeros(file, reached, isFresh ? reached : run.Offset);
                Copy(file, position, run);
                position += run.Length;
                reached = run.Offset + run.Length;
            }

            WriteZeros(file, reached, isFresh ? reached : job.Size);
        }

        if (!isFresh || job.Runs is not null)
        {
            file.SetLength(job.Size);
        }
    }

    private void Copy(IFile file, long position, SparseRun run)
    {
        long done = 0;
        long aligned = run.Length & ~(long)(TarLayout.Alignment - 1);
        if (aligned > 0 && position % TarLayout.Alignment == 0 && run.Offset % TarLayout.Alignment == 0
            && file.TryClone(archive.File, position, run.Offset, aligned))
        {
            done = aligned;
            advanced(done, 0);
        }

        bool inKernel = true;
        while (done < run.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            long copied = -1;
            if (inKernel)
            {
                copied = file.CopyFrom(archive.File, position + done, run.Offset + done, Math.Min(KernelStep, run.Length - done));
                inKernel = copied >= 0;
            }

            if (!inKernel)
            {
                buffer ??= new byte[Step];
                int read = archive.File.Read(buffer.AsSpan(0, (int)Math.Min(Step, run.Length - done)), position + done);
                file.Write(buffer.AsSpan(0, read), run.Offset + done);
                copied = read;
            }

            if (copied == 0)
            {
                throw ArchiveErrors.Invalid(archive.Path, position + done, "the archive ends within a file's data.");
            }

            done += copied;
            advanced(copied, 0);
        }
    }

    /// <summary>Writes zeros, for which room is taken, unlike for a hole.</summary>
    public void WriteZeros(IFile file, long from, long to)
    {
        if (from >= to)
        {
            return;
        }

        byte[] zeros = new byte[(int)Math.Min(Step, to - from)];
        for (; from < to; from += zeros.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - from)), from);
        }
    }
}
