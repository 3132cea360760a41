namespace Snapshotter.Engine.FileSystem;

/// <summary>Why the operating system refused, in terms that do not depend on the platform.</summary>
internal enum FileError
{
    Other,
    NotFound,
    AccessDenied,
    Exists,
    NotEmpty,
    NotADirectory,
    IsADirectory,

    /// <summary>A symbolic link stands where none may be followed (ELOOP).</summary>
    SymbolicLink,

    /// <summary>On a path that the user named stands a symbolic link that another user made or can exchange.</summary>
    UntrustedLink,
    NoSpace,

    /// <summary>A file would be larger than the file system, or a limit of this process, allows (EFBIG).</summary>
    TooLarge,
    ReadOnly,

    /// <summary>Busy: a mount point cannot be renamed or removed (EBUSY).</summary>
    Busy,

    /// <summary>
    /// Another program has it open in a way that does not allow this, or it is on its way out (sharing and lock violations of
    /// Windows): often for moments only.
    /// </summary>
    InUse,
    CrossDevice,
    NameTooLong,
    NotSupported,
    InvalidArgument,
    InputOutput,
    TooManyOpenFiles,
    TooManyLinks,

    /// <summary>Somebody moved or exchanged it since it was looked at: what stands there now is not what is meant.</summary>
    Moved,
}

/// <summary>An operation on the file system failed.</summary>
internal sealed class FileSystemException(FileError error, string operation, string path, string detail)
    : IOException($"{operation} '{path}': {detail}")
{
    public FileError Error { get; } = error;

    /// <summary>The operation that failed, e.g. "open".</summary>
    public string Operation { get; } = operation;

    public string Path { get; } = path;

    /// <summary>The operating system's own words.</summary>
    public string Detail { get; } = detail;
}
