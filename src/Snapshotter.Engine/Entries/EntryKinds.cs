using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Tar;

namespace Snapshotter.Engine.Entries;

/// <summary>Which kind of file an entry restores to.</summary>
internal static class EntryKinds
{
    /// <summary>Unknown for a hard link (it is what its target is) and for typeflags that stand for no file.</summary>
    public static FileKind KindOf(TypeFlag type) => type switch
    {
        TypeFlag.Regular or TypeFlag.Contiguous or TypeFlag.GnuSparse => FileKind.Regular,
        TypeFlag.Directory or TypeFlag.GnuDumpDirectory => FileKind.Directory,
        TypeFlag.SymbolicLink => FileKind.SymbolicLink,
        TypeFlag.Fifo => FileKind.Fifo,
        TypeFlag.CharacterDevice => FileKind.CharacterDevice,
        TypeFlag.BlockDevice => FileKind.BlockDevice,
        _ => FileKind.Unknown,
    };
}
