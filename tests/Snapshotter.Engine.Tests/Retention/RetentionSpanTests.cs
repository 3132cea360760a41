using Snapshotter.Engine.Retention;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Retention;

[OnWindowsToo]
public sealed class RetentionSpanTests
{
    [Theory]
    [InlineData("14d", 0, 0, 14, 0, "14d")]
    [InlineData("2y5m7d3h", 2, 5, 7, 3, "2y5m7d3h")]
    [InlineData("3h7d5m2y", 2, 5, 7, 3, "2y5m7d3h")]
    [InlineData("007d", 0, 0, 7, 0, "7d")]
    [InlineData("0y36h", 0, 0, 0, 36, "36h")]
    [InlineData("0d", 0, 0, 0, 0, "0h")]
    public void Reads_restic_notation(string text, int years, int months, int days, int hours, string written)
    {
        var span = RetentionSpan.Parse(text);
        Assert.Equal(new RetentionSpan(years, months, days, hours), span);
        Assert.Equal(written, span.ToString());
        Assert.Equal(span, RetentionSpan.Parse(written));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("14")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("1.5d")]
    [InlineData("1d2d")]
    [InlineData("1w")]
    [InlineData("1d ")]
    [InlineData("1 d")]
    [InlineData("1d2")]
    [InlineData("1234567d")]
    [InlineData("١d")]
    public void Refuses_what_is_no_span(string? text)
    {
        Assert.False(RetentionSpan.TryParse(text, out _));
        Assert.Throws<FormatException>(() => RetentionSpan.Parse(text!));
    }
}
