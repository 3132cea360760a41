using System.Text;

namespace Snapshotter.Engine.Patterns;

/// <summary>
/// The pattern of a single name. A character is a code point of UTF-8; a byte that is no UTF-8 counts as one character
/// that only wildcards and U+FFFD match.
/// </summary>
internal sealed class GlobName
{
    private readonly Token[] tokens;
    private readonly bool caseSensitive;

    public GlobName(string pattern, bool caseSensitive)
    {
        this.caseSensitive = caseSensitive;
        var compiled = new List<Token>();
        for (var rest = pattern.AsSpan(); !rest.IsEmpty;)
        {
            Rune.DecodeFromUtf16(rest, out var first, out int length);
            switch (first.Value)
            {
                case '*':
                    if (compiled.Count == 0 || compiled[^1].Kind != TokenKind.AnyRun)
                    {
                        compiled.Add(new Token(TokenKind.AnyRun));
                    }

                    break;
                case '?':
                    compiled.Add(new Token(TokenKind.AnyOne));
                    break;
                case '[':
                    length = ClassLength(rest);
                    compiled.Add(CompileClass(rest[1..(length - 1)]));
                    break;
                default:
                    compiled.Add(new Token(TokenKind.Literal) { Literal = Fold(first) });
                    break;
            }

            rest = rest[length..];
        }

        tokens = [.. compiled];
    }

    private enum TokenKind
    {
        Literal,
        AnyOne,
        AnyRun,
        Class,
    }

    /// <summary>What is wrong with the pattern of a name, to follow "the pattern"; null when nothing is.</summary>
    public static string? FindMistake(ReadOnlySpan<char> pattern)
    {
        for (int open = pattern.IndexOf('['); open >= 0; open = pattern.IndexOf('['))
        {
            pattern = pattern[open..];
            int length = ClassLength(pattern);
            if (length == 0)
            {
                return "has a '[' without its ']' in the same name; write '[[]' for the sign itself";
            }

            foreach (var (first, last) in Ranges(pattern[1..(length - 1)], out _))
            {
                if (first > last)
                {
                    return $"has the range {first}-{last} the wrong way round";
                }
            }

            pattern = pattern[length..];
        }

        return null;
    }

    public bool Matches(ReadOnlySpan<byte> name)
    {
        int next = 0;
        int afterStar = -1;
        int position = 0;
        int positionAtStar = 0;
        while (position < name.Length)
        {
            if (next < tokens.Length && tokens[next].Kind == TokenKind.AnyRun)
            {
                afterStar = ++next;
                positionAtStar = position;
                if (next == tokens.Length)
                {
                    return true;
                }

                continue;
            }

            Rune.DecodeFromUtf8(name[position..], out var character, out int length);
            if (next < tokens.Length && Matches(tokens[next], character))
            {
                next++;
                position += length;
            }
            else if (afterStar >= 0)
            {
                next = afterStar;
                Rune.DecodeFromUtf8(name[positionAtStar..], out _, out length);
                position = positionAtStar += length;
            }
            else
            {
                return false;
            }
        }

        while (next < tokens.Length && tokens[next].Kind == TokenKind.AnyRun)
        {
            next++;
        }

        return next == tokens.Length;
    }

    private bool Matches(in Token token, Rune character) => token.Kind switch
    {
        TokenKind.Literal => token.Literal == Fold(character),
        TokenKind.AnyOne => true,
        _ => token.Contains(character, caseSensitive),
    };

    private Rune Fold(Rune character) => caseSensitive ? character : Rune.ToLowerInvariant(character);

    /// <summary>The length of the class at the start, brackets included; 0 when it has no end. A bracket that comes first is a member.</summary>
    private static int ClassLength(ReadOnlySpan<char> pattern)
    {
        int first = pattern.Length > 1 && pattern[1] is '!' or '^' ? 2 : 1;
        int end = pattern.Length > first ? pattern[(first + 1)..].IndexOf(']') : -1;
        return end < 0 ? 0 : first + 1 + end + 1;
    }

    private static Token CompileClass(ReadOnlySpan<char> body)
    {
        var ranges = Ranges(body, out bool negated);
        return new Token(TokenKind.Class) { Ranges = ranges, Negated = negated };
    }

    private static (Rune First, Rune Last)[] Ranges(ReadOnlySpan<char> body, out bool negated)
    {
        negated = body[0] is '!' or '^';
        Rune[] members = [.. body[(negated ? 1 : 0)..].EnumerateRunes()];
        var ranges = new List<(Rune First, Rune Last)>();
        for (int i = 0; i < members.Length; i++)
        {
            bool isRange = i + 2 < members.Length && members[i + 1].Value == '-';
            ranges.Add((members[i], members[isRange ? i + 2 : i]));
            i += isRange ? 2 : 0;
        }

        return [.. ranges];
    }

    private readonly record struct Token(TokenKind Kind)
    {
        public Rune Literal { get; init; }

        public (Rune First, Rune Last)[]? Ranges { get; init; }

        public bool Negated { get; init; }

        public bool Contains(Rune character, bool caseSensitive)
            => Negated != (caseSensitive
                ? InRanges(character)
                : InRanges(Rune.ToLowerInvariant(character)) || InRanges(Rune.ToUpperInvariant(character)));

        private bool InRanges(Rune character)
        {
            foreach (var (first, last) in Ranges!)
            {
                if (character >= first && character <= last)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
