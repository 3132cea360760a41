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
            // Whole blocks, as the format wants them; file systems with smaller ones are not known.
            long data = Math.Min(file.NextData(offset) & ~(long)(TarLayout.BlockSize - 1), size);
            long hole = data >= size ? size : Math.Min(TarLayout.RoundUp(file.NextHole(data)), size);
            if (data < size)
            {
                if (runs.Count == TarEncoder.MaxSparseRuns)
                {
                    return false;
                }

                runs.Add(new SparseRun(data, hole - data));
            }

            offset = hole;
        }

        return !(runs.Count == 1 && runs[0] == new SparseRun(0, size));
    }
}
