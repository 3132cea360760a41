namespace Snapshotter.Engine.Reporting;

/// <summary>Where a running job is.</summary>
/// <param name="Activity">What is being done, e.g. "Backing up".</param>
/// <param name="Volume">The volume at work, or an empty string.</param>
/// <param name="DoneBytes">Bytes of file data done so far.</param>
/// <param name="TotalBytes">Bytes of file data in all, or -1 while unknown.</param>
/// <param name="DoneEntries">Entries done so far.</param>
/// <param name="Elapsed">Time since the job began.</param>
public readonly record struct JobProgress(
    string Activity, string Volume, long DoneBytes, long TotalBytes, long DoneEntries, TimeSpan Elapsed);
