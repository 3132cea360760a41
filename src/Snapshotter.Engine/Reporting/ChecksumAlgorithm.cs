namespace Snapshotter.Engine.Reporting;

/// <summary>How file data is protected.</summary>
public enum ChecksumAlgorithm
{
    /// <summary>XXH128: fast, against accidents. The sums stand in <c>XXH128SUMS</c>.</summary>
    XxHash128,

    /// <summary>SHA-256: against intent too, when the archive's sums are kept elsewhere. The sums stand in <c>SHA256SUMS</c>.</summary>
    Sha256,

    /// <summary>No checksum of file data. Headers are still protected.</summary>
    None,
}
