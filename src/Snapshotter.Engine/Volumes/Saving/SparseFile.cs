using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Volumes.Saving;

/// <summary>Finds the holes of a file.</summary>
internal static class SparseFile
{
    /// <summary>Lists the runs of data. False when there is no hole, or when there are more runs than a map may have.</summary>
    public static bool TryFindRuns(IFile file, long size, out List<SparseRun> runs)
    {
        runs = [];
        for (long offset = 0; offset < size;)
        {
            long data = file.NextData(offset);
            if (data >= size || data < offset)
            {
                // Nothing but a hole is left; or the file has shrunk meanwhile, which is noticed where it is read.
                break;
            }

            if (runs.Count == TarEncoder.MaxSparseRuns)
            {
                return false;
            }

            // Whole blocks, as the format wants them; file systems with smaller ones are not known.
            long start = data & ~(long)(TarLayout.BlockSize - 1);
            offset = Math.Min(TarLayout.RoundUp(Math.Max(file.NextHole(data), data + 1)), size);
            runs.Add(new SparseRun(start, offset - start));
        }

        return !(runs.Count == 1 && runs[0] == new SparseRun(0, size));
    }
}
