namespace Snapshotter.Engine.Tar;

/// <summary>A growing run of bytes that is reused: entries are encoded into it without an object each.</summary>
internal sealed class BlockBuffer(int capacity = 64 * 1024)
{
    private byte[] bytes = GC.AllocateUninitializedArray<byte>(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, Length);

    /// <summary>The bytes themselves, for changes to what was appended. Valid until the next append.</summary>
    public Span<byte> Slice(int start, int length) => bytes.AsSpan(0, Length).Slice(start, length);

    /// <summary>Appends <paramref name="count"/> zero bytes and returns them to be filled. Valid until the next append.</summary>
    public Span<byte> Append(int count)
    {
        var span = AppendUninitialized(count);
        span.Clear();
        return span;
    }

    /// <summary>As <see cref="Append(int)"/>, but with whatever bytes were there before: the caller fills all of them.</summary>
    public Span<byte> AppendUninitialized(int count)
    {
        if (count > bytes.Length - Length)
        {
            Array.Resize(ref bytes, Math.Max(Length + count, bytes.Length * 2));
        }

        var span = bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void Append(ReadOnlySpan<byte> data) => data.CopyTo(AppendUninitialized(data.Length));

    /// <summary>Appends zeros up to the next multiple of 512.</summary>
    public void PadToBlock()
    {
        int rest = Length & (TarLayout.BlockSize - 1);
        if (rest != 0)
        {
            Append(TarLayout.BlockSize - rest);
        }
    }

    /// <summary>Cuts the run back to a length it had before.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    public void Clear() => Length = 0;

    /// <summary>Writes blanks. Not with the library's Fill, whose vectors are compiled at the first call of a process.</summary>
    public static void Blank(Span<byte> bytes)
    {
        foreach (ref byte blank in bytes)
            blank = (byte)' ';
    }
}
