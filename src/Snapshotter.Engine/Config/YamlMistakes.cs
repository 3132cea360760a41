using YamlDotNet.Core;

namespace Snapshotter.Engine.Config;

/// <summary>
/// Says what is wrong with a text that the parser does not take, and where. The parser tells what it looked for when it gave up,
/// often lines behind the mistake; those that people make are few, and are found in the text itself.
/// </summary>
internal static class YamlMistakes
{
    private static readonly string[] Keys =
        ["prefix", "volumes", "exclude", "keep", "target", "source", "last", "hourly", "daily", "weekly", "monthly", "yearly", "within"];

    /// <summary>The place, and the end of a sentence.</summary>
    public static (Mark At, string Problem) Explain(string yaml, YamlException cause)
    {
        if (cause is YamlMistake)
        {
            return (cause.Start, cause.Message);
        }

        string[] lines = LinesOf(yaml);
        int last = (int)Math.Clamp(cause.Start.Line, 1, lines.Length);
        return Tab(lines, 0, last + 1) ?? NoBlank(lines.AsSpan(0, last)) ?? NotClosed(lines) ?? Unquoted(lines[last - 1], last)
            ?? (cause.Start, "what stands here is not understood; see whether indentation, quotes and brackets are right, here and in the line above");
    }

    /// <summary>A tab that the line behind a text begins with, which therefore counts as more of the text.</summary>
    /// <param name="yaml">The whole text.</param>
    /// <param name="line">The line that the text begins in, from 1.</param>
    public static (Mark At, string Problem)? TabBehind(string yaml, long line) => Tab(LinesOf(yaml), (int)line, (int)line + 1);

    private static string[] LinesOf(string yaml) => yaml.TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');

    private static (Mark, string)? Tab(string[] lines, int first, int end)
    {
        for (int i = first; i < Math.Min(end, lines.Length); i++)
        {
            string text = lines[i].TrimStart();
            int tab = lines[i].IndexOf('\t', 0, lines[i].Length - text.Length);
            if (tab >= 0 && text.Length > 0 && text[0] != '#')
            {
                return (At(i, tab), "the line is indented with a tab; use blanks");
            }
        }

        return null;
    }

    private static (Mark, string)? NoBlank(ReadOnlySpan<string> lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            string text = lines[i].TrimStart();
            string item = text.StartsWith("- ", StringComparison.Ordinal) ? text[1..].TrimStart() : text;
            int start = lines[i].Length - item.Length;
            foreach (string key in Keys)
            {
                if (item.Length > key.Length + 1 && item.StartsWith(key + ":", StringComparison.Ordinal) && !char.IsWhiteSpace(item[key.Length + 1]))
                {
                    return (At(i, start + key.Length + 1), $"a blank is missing after the colon; write '{key}: '");
                }
            }
        }

        return null;
    }

    /// <summary>A list, a map or a quoted text that has no end, at its beginning.</summary>
    private static (Mark, string)? NotClosed(string[] lines)
    {
        var open = new Stack<(char Sign, Mark At)>();
        (char Sign, Mark At)? quote = null;
        bool isStart = true;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            isStart |= quote is null;
            for (int j = 0; j < line.Length; j++)
            {
                char c = line[j];
                bool isBehindBlank = j == 0 || line[j - 1] is ' ' or '\t';
                if (quote is { } within)
                {
                    j += within.Sign == '"' && c == '\\' ? 1 : 0;
                    quote = c == within.Sign ? null : quote;
                }
                else if (c == '#' && isBehindBlank)
                {
                    break;
                }
                else if (isStart && c is '"' or '\'')
                {
                    quote = (c, At(i, j));
                }
                else if (c is '[' or '{' && (isStart || open.Count > 0))
                {
                    open.Push((c, At(i, j)));
                    continue;
                }
                else if (c is ']' or '}')
                {
                    open.TryPop(out _);
                }

                bool isSign = c is ',' ? open.Count > 0 : c is '-' or ':' or '?' && (j + 1 == line.Length || line[j + 1] == ' ');
                isStart = isSign || (isStart && c is ' ' or '\t');
            }
        }

        return quote is { } text ? (text.At, $"the text in quotes is not closed; a {text.Sign} is missing at its end")
            : open.TryPop(out var left) ? (left.At, left.Sign == '[' ? "the list is not closed; a ] is missing" : "the map is not closed; a } is missing")
            : null;
    }

    /// <summary>A text that begins with a sign that means something else in YAML.</summary>
    private static (Mark, string)? Unquoted(string line, int number)
    {
        string text = line.TrimStart();
        while (text.StartsWith("- ", StringComparison.Ordinal) || Array.Exists(Keys, key => text.StartsWith(key + ": ", StringComparison.Ordinal)))
        {
            text = text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..].TrimStart();
        }

        int start = line.Length - text.Length;
        if (text.Length > 0 && text[0] is '[' or '{' && text.IndexOfAny(['*', '&', '!', '%', '@', '`'], 1) is > 0 and var inside
            && text[..inside].TrimEnd() is [.., '[' or '{' or ','])
        {
            return (At(number - 1, start + inside), $"a text that begins with '{text[inside]}' must stand in quotes");
        }

        return text.Length > 0 && text[0] is '*' or '&' or '!' or '%' or '@' or '`' or '[' or '{' or '|' or '>' or '?'
            ? (At(number - 1, start), $"a text that begins with '{text[0]}' must stand in quotes")
            : null;
    }

    private static Mark At(int line, int column) => new(0, line + 1, column + 1);
}
