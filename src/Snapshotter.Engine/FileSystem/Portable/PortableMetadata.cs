using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Snapshotter.Engine.FileSystem.Portable;

/// <summary>Sets what System.IO can set of a file's metadata and tells the rest as lost.</summary>
internal static class PortableMetadata
{
    private const int OwnerWrite = 0x80;

    /// <summary>Attributes that anybody may set. That a file is read-only is in its mode.</summary>
    private const FileAttributes Settable = FileAttributes.ReadOnly | FileAttributes.Hidden | FileAttributes.System
        | FileAttributes.Archive | FileAttributes.NotContentIndexed;

    /// <param name="path">The file. Never a link that should be followed.</param>
    /// <param name="handle">The file where it is open for writing; null for directories and links.</param>
    /// <param name="metadata">What it should have.</param>
    public static MetadataLoss Set(string path, SafeFileHandle? handle, in FileMetadata metadata)
    {
        var loss = metadata.Attributes is { Count: > 0 } ? MetadataLoss.Attributes : MetadataLoss.None;
        bool isOwnerMeant = metadata.SetOwner && TrySetOwner(path, metadata);
        if (metadata.SetOwner && !isOwnerMeant)
        {
            loss |= MetadataLoss.Owner;
        }

        // On Windows no mode makes a program run as its owner; what it does not keep is told below.
        int mode = metadata.ModeFor(isOwnerMeant || OperatingSystem.IsWindows(), out var lost);
        loss |= lost;
        var time = metadata.ModifiedAt;
        if (metadata.Kind != FileKind.SymbolicLink)
        {
            loss |= Try(MetadataLoss.Mode, "chmod", path, () => SetMode(path, handle, mode));
            if (OperatingSystem.IsWindows() && mode != PortableStatus.ModeOnWindows(metadata.Kind, isReadOnly: (mode & OwnerWrite) == 0))
            {
                loss |= MetadataLoss.Mode;
            }
        }
        if (OperatingSystem.IsWindows())
        {
            loss |= SetOfWindows(path, handle, metadata);
        }
        if (!PortableTime.TryToDateTime(time, out var modifiedAt))
        {
            return loss | MetadataLoss.Times;
        }
        return loss | Try(MetadataLoss.Times, "set times of", path, () =>
        {
            if (handle is not null)
            {
                File.SetLastWriteTimeUtc(handle, modifiedAt);
            }
            else
            {
                // The call for directories takes files and links as well, that for files takes no directories on Windows.
                Directory.SetLastWriteTimeUtc(path, modifiedAt);
            }
        });
    }

    /// <summary>What Windows alone has: attributes, and when a file came into being.</summary>
    private static MetadataLoss SetOfWindows(string path, SafeFileHandle? handle, in FileMetadata metadata)
    {
        var loss = MetadataLoss.None;
        if (metadata.CreatedAt is { } created && PortableTime.TryToDateTime(created, out var createdAt))
        {
            loss |= Try(MetadataLoss.WindowsAttributes, "set the time of creation of", path, () =>
            {
                if (handle is not null)
                {
                    File.SetCreationTimeUtc(handle, createdAt);
                }
                else
                {
                    Directory.SetCreationTimeUtc(path, createdAt);
                }
            });
        }
        if (metadata.WindowsAttributes is { } number)
        {
            var settable = metadata.Kind == FileKind.Regular ? Settable & ~FileAttributes.ReadOnly : Settable;
            loss |= Try(MetadataLoss.WindowsAttributes, "set the attributes of", path, () =>
            {
                var there = handle is null ? File.GetAttributes(path) : File.GetAttributes(handle);
                var wanted = (there & ~settable) | ((FileAttributes)number & settable);
                if (wanted == there)
                {
                    return;
                }
                if (handle is null)
                {
                    File.SetAttributes(path, wanted);
                }
                else
                {
                    File.SetAttributes(handle, wanted);
                }
            });
        }
        return loss;
    }

    /// <summary>Sets the mode of a path that is no link, where the platform lets the process; on Windows, whether it is read-only.</summary>
    public static void SetMode(string path, int mode) => Try(MetadataLoss.Mode, "chmod", path, () =>
    {
        if (OperatingSystem.IsWindows())
        {
            File.SetAttributes(path, WithReadOnly(File.GetAttributes(path), mode));
        }
        else
        {
            SetMode(path, null, mode);
        }
    });

    /// <summary>On Windows nothing is set; only the owner that all files are saved with there is none to lose.</summary>
    private static bool TrySetOwner(string path, in FileMetadata metadata) => OperatingSystem.IsWindows()
        ? metadata.UserId == 0 && metadata.GroupId == 0
        : UnixCalls.ChangeOwner(path, metadata.UserId, metadata.GroupId) == 0;

    private static void SetMode(string path, SafeFileHandle? handle, int mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (handle is not null)
            {
                File.SetUnixFileMode(handle, (UnixFileMode)mode);
            }
            else
            {
                File.SetUnixFileMode(path, (UnixFileMode)mode);
            }
        }
        else if (handle is not null)
        {
            // The owner's right to write is all of a mode that Windows files have. (On its folders the attribute means another thing.)
            File.SetAttributes(handle, WithReadOnly(File.GetAttributes(handle), mode));
        }
    }

    private static FileAttributes WithReadOnly(FileAttributes attributes, int mode) =>
        (mode & OwnerWrite) == 0 ? attributes | FileAttributes.ReadOnly : attributes & ~FileAttributes.ReadOnly;

    private static MetadataLoss Try(MetadataLoss loss, string operation, string path, Action set)
    {
        try
        {
            PortableError.Run(operation, path, set);
            return MetadataLoss.None;
        }
        catch (FileSystemException exception)
            when (exception.Error is FileError.AccessDenied or FileError.NotSupported or FileError.InvalidArgument)
        {
            return loss;
        }
    }
}
