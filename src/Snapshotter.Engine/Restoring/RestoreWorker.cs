using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Restoring;

/// <summary>Creates the files of a batch: made, filled, given their metadata and closed, one after the other. One per thread.</summary>
/// <param name="archive">Where the data of larger files is read from.</param>
/// <param name="aside">Where things are made that are to stand where others may write; null to make all at its place.</param>
/// <param name="mode">What becomes of what stands there.</param>
/// <param name="losses">Where metadata that cannot be set is noted.</param>
/// <param name="advanced">Called with bytes and entries done, on the worker's thread.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class RestoreWorker(
    ArchiveFile archive, Aside? aside, WriteMode mode, LossLog losses, Action<long, long> advanced, CancellationToken cancellation) : IDisposable
{
    private const int Step = 256 * 1024;
    private const long KernelStep = 64 * 1024 * 1024;

    private byte[]? buffer;

    public void Process(RestoreBatch batch)
    {
        foreach (var job in batch.Jobs)
        {
            cancellation.ThrowIfCancellationRequested();
            var directory = job.Directory.Handle;
            if (aside is not null && (mode != WriteMode.Fresh || job.Metadata.Kind != FileKind.Regular))
            {
                var wanted = job;
                if (!aside.Add(directory, job.Name, (making, name) => Create(wanted, making, name)))
                {
                    job.Identity?.Leave();
                }
            }
            else
            {
                Create(job, directory, job.Name);
            }

            advanced(job.ArchiveOffset < 0 ? job.Size : 0, 1);
        }

        aside?.PutAll(flush: true);
    }

    public void Dispose() => aside?.Dispose();

    /// <summary>Creates what a job asks for. False when it cannot be, which is noted.</summary>
    private bool Create(in RestoreJob job, IDirectory directory, ReadOnlySpan<byte> name)
    {
        try
        {
            switch (job.Metadata.Kind)
            {
                case FileKind.Regular:
                    CreateFile(job, directory, name);
                    return true;
                case FileKind.SymbolicLink:
                    CreateLink(job, directory, name);
                    break;
                default:
                    CreateNode(job, directory, name);
                    break;
            }

            // By its name, which nobody can exchange: the directory is in the staging folder.
            losses.Note(directory.SetMetadata(name, job.Metadata), job.Directory.Handle, job.Name);
            job.Identity?.Note(directory, name);
            return true;
        }
        catch (FileSystemException e) when (
            job.Metadata.Kind != FileKind.Regular && e.Error is FileError.AccessDenied or FileError.NotSupported)
        {
            if (OperatingSystem.IsWindows() && job.Metadata.Kind == FileKind.SymbolicLink && e.Error == FileError.AccessDenied)
            {
                losses.Note(MetadataLoss.Links, job.Directory.Handle, job.Name);
                return false;
            }

            string path = losses.PathOf(EntryNames.PathOf(job.Directory.Handle, job.Name));
            losses.Note(new Notice(BackupError.NotKept, path, $"'{path}' could not be created: {e.Detail}."));
            return false;
        }
    }

    /// <summary>An archive may hold a name twice; the later entry counts. Nothing is ever written through what is there.</summary>
    private void CreateLink(in RestoreJob job, IDirectory directory, ReadOnlySpan<byte> name)
    {
        try
        {
            directory.CreateSymbolicLink(name, job.LinkTarget, job.LinkKind);
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            ClearWay(job, directory, name);
            directory.CreateSymbolicLink(name, job.LinkTarget, job.LinkKind);
        }
    }

    private void CreateNode(in RestoreJob job, IDirectory directory, ReadOnlySpan<byte> name)
    {
        int mode = job.Metadata.Mode & 0x1FF;
        try
        {
            directory.CreateNode(name, job.Metadata.Kind, mode, job.DeviceMajor, job.DeviceMinor);
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            ClearWay(job, directory, name);
            directory.CreateNode(name, job.Metadata.Kind, mode, job.DeviceMajor, job.DeviceMinor);
        }
    }

    private void ClearWay(in RestoreJob job, IDirectory directory, ReadOnlySpan<byte> name)
    {
        if (directory == job.Directory.Handle)
        {
            NameTwin.Refuse(directory, name, losses);
        }

        if (directory.TryGetStatus(name, out var status) && status.Kind == FileKind.Directory)
        {
            string path = EntryNames.PathOf(directory, name);
            throw new BackupException(
                BackupError.UnsafeEntry, $"'{archive.Path}' has both a directory and something else of the name '{path}'. The archive is refused.", path)
            {
                EntryName = path,
            };
        }

        directory.RemoveFile(name);
    }

    private void CreateFile(in RestoreJob job, IDirectory directory, ReadOnlySpan<byte> name)
    {
        int mode = job.Metadata.Mode & 0x1FF;
        IFile file;
        try
        {
            file = directory.CreateFile(name, mode);
        }
        catch (FileSystemException e) when (e.Error == FileError.Exists)
        {
            ClearWay(job, directory, name);
            file = directory.CreateFile(name, mode);
        }

        using (file)
        {
            Fill(file, job, isFresh: true);
            losses.Note(file.SetMetadata(job.Metadata), job.Directory.Handle, job.Name);
            job.Identity?.Note(file);
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
                copied = CopyInKernel(file, position + done, run.Offset + done, Math.Min(KernelStep, run.Length - done));
                inKernel = copied >= 0;
            }

            if (!inKernel)
            {
                buffer ??= new byte[Step];
                int read = archive.Read(buffer.AsSpan(0, (int)Math.Min(Step, run.Length - done)), position + done);
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

    private long CopyInKernel(IFile file, long position, long offset, long count)
    {
        try
        {
            return file.CopyFrom(archive.File, position, offset, count);
        }
        catch (FileSystemException)
        {
            // The kernel does not say which of the two files it was: if the archive, this does.
            buffer ??= new byte[Step];
            for (long done = 0; done < count; done += buffer.Length)
            {
                _ = archive.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - done)), position + done);
            }

            throw;
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
