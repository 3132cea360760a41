namespace Snapshotter.Engine.Tests.Support;

/// <summary>Extended attributes of files, by way of Python.</summary>
internal static class ExtendedAttributes
{
    /// <summary>False where the file system has none.</summary>
    public static bool Set(string path, string name, ReadOnlySpan<byte> value) => Tool.Python(
        null, "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), follow_symlinks=False)",
        path, name, Convert.ToHexString(value)).ExitCode == 0;

    public static byte[] Get(string path, string name) => Convert.FromHexString(Tool.Python(
        null, "import os, sys; sys.stdout.write(os.getxattr(sys.argv[1], sys.argv[2], follow_symlinks=False).hex())",
        path, name).Succeeds().Output);
}
