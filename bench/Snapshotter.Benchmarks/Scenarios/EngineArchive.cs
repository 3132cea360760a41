using System.Security.Cryptography;
using System.Text;

namespace Snapshotter.Benchmarks.Scenarios;

/// <summary>How our archives are laid out: one volume of a fixed name below one prefix.</summary>
internal static class EngineArchive
{
    public const string Prefix = "volumes";
    public const string Target = "/data";

    /// <summary>The entry that holds the volume: prefix and SHA-256 of the target.</summary>
    public static string Member(string prefix) =>
        $"{prefix}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Target)))}";

    /// <summary>The arguments that name prefix and volume.</summary>
    public static string[] Volume(string path, string prefix = Prefix) => ["--prefix", prefix, "--volume", $"{Target}={path}"];
}
