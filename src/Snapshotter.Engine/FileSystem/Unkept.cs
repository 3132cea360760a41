namespace Snapshotter.Engine.FileSystem;

/// <summary>What a file or directory of Windows has that no backup keeps.</summary>
[Flags]
internal enum Unkept
{
    None = 0,

    /// <summary>Alternate data streams, such as the mark of what was downloaded.</summary>
    Streams = 1,

    /// <summary>The encrypting file system: the content is saved as this user reads it.</summary>
    Encryption = 2,

    /// <summary>Compression by NTFS.</summary>
    Compression = 4,
}
