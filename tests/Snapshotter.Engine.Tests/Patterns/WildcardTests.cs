using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Patterns;

[OnWindowsToo]
public sealed class WildcardTests
{
    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "volumes/a", true)]
    [InlineData("**", "a", true)]
    [InlineData("?", "", false)]
    [InlineData("?", "/", true)]
    [InlineData("volumes/*", "volumes/a/b", true)]
    [InlineData("volumes/*", "volumes", false)]
    [InlineData("*lewin", "volumes/busy_lewin", true)]
    [InlineData("v*s/?usy*n", "volumes/busy_lewin", true)]
    [InlineData("a*b*c", "aXbXbXc", true)]
    [InlineData("a*b*c", "aXcXb", false)]
    [InlineData("[a]", "[a]", true)]
    [InlineData("[a]", "a", false)]
    [InlineData("A", "a", false)]
    public void Matches_the_whole_text(string pattern, string text, bool matches)
        => Assert.Equal(matches, Wildcard.Matches(pattern, text));

    [Fact]
    public void Hostile_patterns_end()
        => Assert.False(Wildcard.Matches(string.Concat(Enumerable.Repeat("*a", 500)) + "b", new string('a', 4096)));
}
