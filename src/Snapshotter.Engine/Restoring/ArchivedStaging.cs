using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Restoring;

/// <summary>
/// Folders of an archive that the next job would take for its own, once they are restored. Another program may have saved what
/// an interrupted restore left; a hostile archive would bring a journal for the next one to finish. They are told and left out;
/// whatever else has such a name is an entry as any other. Looked for only when there is such a name.
/// </summary>
internal sealed class ArchivedStaging(ArchiveFile archive, RestoreTarget target, FileSystemTraits traits, bool setOwner)
{
    private readonly HashSet<string> told = [];
    private Dictionary<string, Look>? folders;

    /// <summary>True for an entry in such a folder, and for the folder. Each is told once.</summary>
    /// <param name="path">The entry, from the volume's root on.</param>
    /// <param name="monitor">Who is told.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public bool Covers(byte[] path, JobMonitor monitor, CancellationToken cancellation)
    {
        folders ??= Find(cancellation);
        foreach (int end in EndsOf(path))
        {
            string folder = Encoding.Latin1.GetString(path, 0, end);
            if (folders.TryGetValue(folder, out var look) && IsTakenForOurs(look, path.AsSpan()[..end]))
            {
                if (told.Add(folder))
                {
                    string shown = EntryNames.Display(path.AsSpan(0, end));
                    monitor.Problem(new Notice(
                        BackupError.NotKept, shown,
                        $"'{shown}' is not restored: it has the name and the content of a folder that a restore makes for itself, and the next one would take it for its own."));
                }

                return true;
            }
        }

        return false;
    }

    /// <summary>See <see cref="StagingFolder.StateOf"/>.</summary>
    private bool IsTakenForOurs(Look look, ReadOnlySpan<byte> path) =>
        look.IsWellFormed && (look.IsMarked || TemporaryName.IsOlder(path[(path.LastIndexOf((byte)'/') + 1)..]))
        && (look.HasJournal || traits.HasReservedNames || look.IsOurs);

    private Dictionary<string, Look> Find(CancellationToken cancellation)
    {
        var found = new Dictionary<string, Look>();
        var reader = new VolumeReader(archive, target.Generation, target.Volume);
        while (reader.Next())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!TemporaryName.IsOnPath(reader.Path))
            {
                continue;
            }

            foreach (int end in EndsOf(reader.Path))
            {
                string folder = Encoding.Latin1.GetString(reader.Path, 0, end);
                if (!found.TryGetValue(folder, out var look))
                {
                    found[folder] = look = new Look();
                }

                bool isDirectory = EntryKinds.KindOf(reader.Entry.Type) == FileKind.Directory;
                if (end < reader.Path.Length)
                {
                    var below = reader.Path.AsSpan(end + 1);
                    int slash = below.IndexOf((byte)'/');
                    look.Note(slash < 0 ? below : below[..slash], isDirectory || slash >= 0);
                }
                else if (!isDirectory)
                {
                    look.IsFolder = false;
                }
                else
                {
                    var metadata = EntryMetadata.Of(reader.Entry, FileKind.Directory, setOwner, new LossLog());
                    look.IsOurs = metadata.Mode == Ownership.OwnerOnly
                        && (!traits.IsPrivileged || !metadata.SetOwner || metadata.UserId == traits.UserId);
                }
            }
        }

        return found;
    }

    /// <summary>Where each name of such a form ends on a path.</summary>
    private static List<int> EndsOf(byte[] path)
    {
        var ends = new List<int>();
        foreach (var range in path.AsSpan().Split((byte)'/'))
        {
            if (TemporaryName.IsOne(path.AsSpan(range)))
            {
                ends.Add(range.End.GetOffset(path.Length));
            }
        }

        return ends;
    }

    /// <summary>What is known of a folder.</summary>
    private sealed class Look
    {
        private bool isStaging = true;
        private bool isOfOneFile = true;
        private bool hasLock;
        private bool isEmpty = true;

        public bool IsFolder { get; set; } = true;

        /// <summary>Whether it would belong to this user alone.</summary>
        public bool IsOurs { get; set; }

        public bool HasJournal { get; private set; }

        public bool IsMarked => hasLock || isEmpty;

        public bool IsWellFormed => IsFolder && (isStaging || isOfOneFile);

        public void Note(ReadOnlySpan<byte> name, bool isDirectory)
        {
            bool isLock = name.SequenceEqual(PrivateFolder.LockName);
            bool isMark = name.SequenceEqual(StagingFolder.SwapMark) || name.SequenceEqual(StagingFolder.HalfMark);
            isEmpty = false;
            hasLock |= isLock && !isDirectory;
            HasJournal |= isMark && !isDirectory;
            isStaging &= StagingFolder.IsPart(name, isDirectory);
            isOfOneFile &= isLock || name.SequenceEqual(AtomicFile.Name);
        }
    }
}
