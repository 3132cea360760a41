namespace Snapshotter.Engine.Tar;

/// <summary>The typeflag of a header (POSIX.1-2008 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").</summary>
internal enum TypeFlag : byte
{
    /// <summary>Regular file. Old archives write NUL instead: the reader turns it into this.</summary>
    Regular = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',

    /// <summary>Contiguous file: treated as regular.</summary>
    Contiguous = (byte)'7',
    PaxHeader = (byte)'x',
    PaxGlobalHeader = (byte)'g',
    GnuLongLink = (byte)'K',
    GnuLongName = (byte)'L',
    GnuSparse = (byte)'S',
    GnuVolumeLabel = (byte)'V',
    GnuMultiVolume = (byte)'M',
    GnuDumpDirectory = (byte)'D',
}
