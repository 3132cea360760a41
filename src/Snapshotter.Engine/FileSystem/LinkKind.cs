namespace Snapshotter.Engine.FileSystem;

/// <summary>What a symbolic link leads to, which Windows wants to know when it is made.</summary>
internal enum LinkKind
{
    /// <summary>Not known: it is looked at what stands there.</summary>
    Unknown,
    File,
    Directory,

    /// <summary>A junction, which everybody may make; it leads to a directory of this machine by a full path.</summary>
    Junction,
}
