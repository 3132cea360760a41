using Snapshotter.Engine.Entries;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Saving;

/// <summary>
/// Turns regular files that fit into memory into header and data. What the system says of a file's size is taken for a
/// promise: files of /proc say 0 and those of /sys 4096, whatever they hold. One per thread.
/// </summary>
internal sealed class FileEncoder(SaveContext context, EntryFactory factory) : IDisposable
{
    /// <summary>Larger files are copied without a detour through memory.</summary>
    public const int SizeLimit = 1024 * 1024;

    private readonly FileHasher hasher = new(context.Checksum);
    private readonly TarEntry reused = new();
    private readonly List<ExtendedAttribute> attributes = [];
    private byte[] scratch = new byte[4096];

    /// <summary>Appends a file's header and data, the header only when it does not depend on where it will stand.</summary>
    /// <param name="file">The file, of at most <see cref="SizeLimit"/> bytes by its status.</param>
    /// <param name="status">Its status when it was opened.</param>
    /// <param name="name">Its name in the archive; not kept.</param>
    /// <param name="comment">For the entry; empty for none.</param>
    /// <param name="output">Where to; as it was when this is false.</param>
    /// <param name="result">What was appended.</param>
    /// <returns>False when the file says that it is empty, but has more than fits.</returns>
    /// <exception cref="FileSystemException">The file cannot be read.</exception>
    public bool TryEncode(
        IFile file, in FileStatus status, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> comment, BlockBuffer output,
        out SaveResult result)
    {
        result = new SaveResult { Start = output.Length, IsRegular = true };
        attributes.Clear();
        file.GetAttributes(attributes);
        int read;
        if (status.Size == 0)
        {
            read = ReadWhatIsThere(file);
            if (read > SizeLimit)
            {
                return false;
            }

            EncodeHeader(file, status, read, name, comment, output, ref result);
            output.Append(scratch.AsSpan(0, read));
        }
        else
        {
            EncodeHeader(file, status, status.Size, name, comment, output, ref result);
            var content = output.AppendUninitialized((int)status.Size);
            read = file.Read(content, 0);
            content[read..].Clear();
        }

        file.GetStatus(out var after);
        bool hasChanged = FileChange.IsBetween(status, after);
        if (hasChanged ? !IsAsPromised(file, status, after, read, output, ref result) : read < status.Size)
        {
            Keep(output.Slice(result.Start + result.HeaderLength, read));
            output.Truncate(result.Start);
            EncodeHeader(file, status, read, name, comment, output, ref result);
            output.Append(scratch.AsSpan(0, read));
        }

        if (context.Checksum != ChecksumAlgorithm.None)
        {
            result.Hash = hasher.HashOf(output.Slice(result.Start + result.HeaderLength, (int)result.Size));
        }

        output.PadToBlock();
        result.Length = output.Length - result.Start;
        return true;
    }

    public void Dispose() => hasher.Dispose();

    private void EncodeHeader(
        IFile file, FileStatus status, long size, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> comment, BlockBuffer output,
        ref SaveResult result)
    {
        status.Size = size;
        result.Size = size;
        bool isAligned = size >= TarLayout.AlignedFileSize;

        // A header that depends on where it will lie outlives this call.
        var entry = isAligned ? new TarEntry() : reused;
        if (!factory.Fill(entry, status, attributes))
        {
            result.Notice ??= FileChange.TooManyAttributes(file.DisplayPath);
        }

        entry.Comment = comment;
        entry.Name = isAligned ? name.ToArray() : name;
        if (isAligned)
        {
            result.Stage = SaveStage.Prefetched;
            result.Entry = entry;
        }
        else
        {
            result.Stage = SaveStage.Encoded;
            TarEncoder.Encode(entry, output, 0, alignData: false);
        }

        result.HeaderLength = output.Length - result.Start;
    }

    /// <summary>Reads a file that has no size to the end. Returns how much there is; more than <see cref="SizeLimit"/> when that is not all.</summary>
    private int ReadWhatIsThere(IFile file)
    {
        int read = 0;
        while (true)
        {
            int more = file.Read(scratch.AsSpan(read), read);
            read += more;
            if (read < scratch.Length || read > SizeLimit)
            {
                return read;
            }

            Array.Resize(ref scratch, Math.Min(scratch.Length * 4, SizeLimit + 1));
        }
    }

    /// <summary>
    /// What became of a file that is not what it was: a second reading shows whether what is saved has a place in it. False
    /// when it has less than it says, and has not changed but for its times, which it is enough to look at in /sys.
    /// </summary>
    private bool IsAsPromised(IFile file, in FileStatus before, in FileStatus after, int read, BlockBuffer output, ref SaveResult result)
    {
        string path = file.DisplayPath;
        int wanted = Math.Max(read, (int)before.Size);
        if (scratch.Length < wanted)
        {
            scratch = new byte[wanted];
        }

        int again = file.Read(scratch.AsSpan(0, wanted), 0);
        bool isSame = again >= read && scratch.AsSpan(0, read).SequenceEqual(output.Slice(result.Start + result.HeaderLength, read));
        if (read < before.Size)
        {
            if (isSame && again == read && after.Size == before.Size)
            {
                return false;
            }

            result.Notice = FileChange.Shrank(before.Size, read, path);
        }
        else if (!isSame)
        {
            result.Notice = FileChange.Rewritten(path);
        }
        else if (after.Size > read && result.Notice is null)
        {
            result.Notice = FileChange.Grew(read, after.Size, path);
            result.Weight = NoticeWeight.Remark;
        }

        return true;
    }

    private void Keep(ReadOnlySpan<byte> content)
    {
        if (scratch.Length < content.Length)
        {
            scratch = new byte[content.Length];
        }

        content.CopyTo(scratch);
    }
}
