using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Engine.Tests.Reporting;

/// <summary>Names are shown safely, and so that each can be told from every other.</summary>
public sealed partial class ShownTests
{
    private const string Special = "\\x1bu202e0af\n\r\u001b\u007f\u009b\u200f\u061c\u202e\u2028\u2069\ud800\udc80\udcffa/'";

    private static readonly Gen<string> Names = Gen.OneOf(Gen.Char, Gen.Int[0, Special.Length - 1].Select(i => Special[i]))
        .Array[0, 12].Select(chars => new string(chars));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("C:\\Users\\xavier", "C:\\Users\\xavier")]
    [InlineData("ein Übel, 名前, \ud83d\ude00", "ein Übel, 名前, \ud83d\ude00")]
    [InlineData("\u001b]0;t\u0007", "\\x1b]0;t\\x07")]
    [InlineData("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d")]
    [InlineData("\u009b\u0085\u202e\u2066\u2028", "\\u009b\\u0085\\u202e\\u2066\\u2028")]
    [InlineData("a\\b\u001b", "a\\\\b\\x1b")]
    [InlineData("a\\x1b", "a\\\\x1b")]
    public void A_name_is_shown(string name, string shown) => Assert.Equal(shown, Shown.Name(name));

    [Fact]
    public void Every_name_can_be_told_from_what_is_shown_and_nothing_dangerous_is()
        => Names.Sample(
            name =>
            {
                string shown = Shown.Name(name);
                IsSafe(shown);
                IsSafe(Shown.Line(name));
                Assert.Equal(name, Read(shown));
                Assert.Equal(Shown.Line(name), Shown.Line(Shown.Line(name)));
            },
            iter: 20_000);

    [Fact]
    public void Bytes_that_are_no_text_are_shown_one_by_one()
    {
        Assert.Equal("a\\xff\\xc3(\\u009b", Shown.Name(NameText.Decode([(byte)'a', 0xFF, 0xC3, (byte)'(', 0xC2, 0x9B])));
        Assert.Equal("\uFFFD", Shown.Name(NameText.Decode("\uFFFD"u8)));
        Gen.Byte.Array[0, 8].Sample(
            bytes =>
            {
                string name = NameText.Decode(bytes);
                IsSafe(Shown.Name(name));
                var back = new List<byte>();
                for (int i = 0; i < name.Length; i++)
                {
                    bool isByte = name[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(name[i - 1]));
                    back.AddRange(isByte ? [(byte)(name[i] - 0xDC00)] : Encoding.UTF8.GetBytes(name, i, char.IsHighSurrogate(name[i]) ? 2 : 1));
                    i += char.IsHighSurrogate(name[i]) ? 1 : 0;
                }

                Assert.Equal(bytes, back);
            },
            iter: 20_000);
    }

    [Fact]
    public void Messages_show_the_names_in_them()
    {
        string name = "a\\b\nc";
        var inner = new BackupException(BackupError.InputOutput, $"'{name}' broke after {1.5} s.", name);
        Assert.Equal(string.Create(CultureInfo.CurrentCulture, $"'a\\\\b\\x0ac' broke after {1.5} s."), inner.Message);
        Assert.Equal(name, inner.Target);
        Assert.Equal($"So: {inner.Message}", new BackupException(BackupError.InputOutput, $"So: {inner.Message:said}").Message);
        var notice = new Notice(BackupError.NotKept, name, $"'{name}' and '{name}'.");
        Assert.Equal("'a\\\\b\\x0ac' and 'a\\\\b\\x0ac'.", notice.Message);
        Assert.Equal(notice.Message, notice.ToString());
        Assert.Equal("a\\\\b\\x0ac: It broke.", new Notice(BackupError.NotKept, name, "It broke.").ToString());
        Assert.Equal(name, notice.Path);

        // A message that was put together elsewhere is one line all the same.
        string elsewhere = "is\n" + name;
        Assert.Equal("is\\x0aa\\b\\x0ac", new BackupException(BackupError.InputOutput, elsewhere).Message);
        Assert.Equal("is\\x0aa\\b\\x0ac", new Notice(BackupError.NotKept, "", elsewhere).Message);
    }

    private static void IsSafe(string shown)
    {
        for (int i = 0; i < shown.Length; i++)
        {
            Assert.False(char.IsControl(shown[i]), shown);
            Assert.DoesNotContain(shown[i], "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069");
        }

        // No surrogate stands alone.
        Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
    }

    /// <summary>What a reader makes of it: where there is an escape, every backslash begins one.</summary>
    private static string Read(string shown) => !Escape().IsMatch(shown) ? shown : EscapeOrBackslash().Replace(shown, match => match.Value[1] switch
    {
        '\\' => "\\",
        'x' when int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var b => ((char)(b < 0x80 ? b : 0xDC00 + b)).ToString(),
        _ => ((char)int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
    });

    [GeneratedRegex(@"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")]
    private static partial Regex Escape();

    [GeneratedRegex(@"\\\\|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")]
    private static partial Regex EscapeOrBackslash();

    [Fact]
    public void Sizes_that_look_the_same_are_told_to_the_byte()
    {
        Assert.Equal(("2.00 KiB", "1.00 KiB"), Shown.Sizes(2048, 1024));
        Assert.Equal(("1048577 bytes", "1048576 bytes"), Shown.Sizes(1048577, 1048576));
        Assert.Equal(["0 entries", "1 entry", "2 entries"], new[] { 0, 1, 2 }.Select(count => Shown.Count(count, "entry", "entries")));
    }
}
