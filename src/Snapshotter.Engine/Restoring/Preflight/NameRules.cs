using System.Text;
using Snapshotter.Engine.FileSystem;

namespace Snapshotter.Engine.Restoring.Preflight;

/// <summary>
/// Whether a file system takes every name, and each for another one, as those of Linux do. Others refuse some characters or
/// lengths, or what is no UTF-8; or they take names that differ in case, or in how an accent is written, for the same.
/// </summary>
internal static class NameRules
{
    private const int LongestName = 255;

    /// <summary>Names that some file systems refuse.</summary>
    private static readonly byte[][] Odd =
    [
        [.. ":?*\"<>|\\"u8, 1, (byte)' '],
        [(byte)'x', 0xFF],
        Encoding.ASCII.GetBytes(new string('x', LongestName)),
        Encoding.UTF8.GetBytes(new string('\u00E9', LongestName / 2)),
        "aux"u8.ToArray(),
    ];

    /// <summary>Names that some file systems take for the same.</summary>
    private static readonly (byte[] Made, byte[] Other)[] Alike =
    [
        ("case"u8.ToArray(), "Case"u8.ToArray()),
        (Encoding.UTF8.GetBytes("\u00E9"), Encoding.UTF8.GetBytes("e\u0301")),
        ("dot."u8.ToArray(), "dot"u8.ToArray()),
    ];

    /// <summary>Tries it.</summary>
    /// <param name="folder">An empty folder on the file system; it is empty again afterwards.</param>
    public static bool TakesAll(IDirectory folder) =>
        Odd.All(name => Takes(folder, name, other: null)) && TellsApart(folder);

    /// <summary>Tries only whether names that some file systems take for the same are different ones.</summary>
    /// <inheritdoc cref="TakesAll"/>
    public static bool TellsApart(IDirectory folder) => Alike.All(pair => Takes(folder, pair.Made, pair.Other));

    /// <summary>True when the failure is about the name, and not about the disk.</summary>
    public static bool IsRefusal(FileSystemException e) =>
        e.Error is FileError.InvalidArgument or FileError.NameTooLong or FileError.NotSupported or FileError.AccessDenied
            or FileError.NotFound or FileError.Other;

    private static bool Takes(IDirectory folder, byte[] name, byte[]? other)
    {
        bool isMade = false;
        try
        {
            folder.CreateFile(name, 0x180).Dispose();
            isMade = true;
            return other is null || !folder.TryGetStatus(other, out _);
        }
        catch (FileSystemException e) when (IsRefusal(e))
        {
            return false;
        }
        finally
        {
            if (isMade)
            {
                folder.RemoveFile(name);
            }
        }
    }
}
