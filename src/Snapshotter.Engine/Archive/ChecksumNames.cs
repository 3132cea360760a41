using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Archive;

/// <summary>How file data is protected, as the manifest names it.</summary>
internal static class ChecksumNames
{
    public const string XxHash128 = "xxh128";
    public const string Sha256 = "sha256";
    public const string None = "none";

    /// <summary>Base name of the entry that holds the checksums.</summary>
    public static string ListName(ChecksumAlgorithm algorithm) =>
        algorithm == ChecksumAlgorithm.Sha256 ? "SHA256SUMS" : "XXH128SUMS";

    /// <summary>What a manifest calls it.</summary>
    public static string NameOf(ChecksumAlgorithm algorithm) => algorithm switch
    {
        ChecksumAlgorithm.XxHash128 => XxHash128,
        ChecksumAlgorithm.Sha256 => Sha256,
        _ => None,
    };

    /// <summary>What a manifest means by a name.</summary>
    public static ChecksumAlgorithm AlgorithmOf(string? name) => name switch
    {
        XxHash128 => ChecksumAlgorithm.XxHash128,
        Sha256 => ChecksumAlgorithm.Sha256,
        _ => ChecksumAlgorithm.None,
    };
}
