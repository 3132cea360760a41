namespace Snapshotter.Engine.Reporting;

/// <summary>What an entry of an archive is.</summary>
public enum EntryType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory; what is in it has entries of its own.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>Another name of a file that has an entry before this one.</summary>
    HardLink,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>An entry that stands for no file: its typeflag is none of those above.</summary>
    Other,
}
