namespace Snapshotter.Engine.Tar;

/// <summary>Bytes by offset: all that the tar format needs to know of where an archive lies.</summary>
internal interface IBlockSource
{
    /// <summary>Total length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to the buffer's size at the offset. Returns the bytes read: fewer only at the end.</summary>
    int Read(Span<byte> buffer, long offset);
}
