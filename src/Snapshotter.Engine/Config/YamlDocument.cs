using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Snapshotter.Engine.Config;

/// <summary>
/// Reads the one document of a YAML text into nodes, by the parser's events: a deserializer's reflection would cost
/// more than the whole rest of start-up. Aliases share the node they name, and nesting is bounded, so no document
/// costs more than its length.
/// </summary>
internal sealed class YamlDocument
{
    /// <summary>A configuration needs four levels.</summary>
    private const int MaxDepth = 16;

    private readonly Parser parser;
    private readonly Dictionary<AnchorName, YamlNode> anchors = [];

    private YamlDocument(string yaml) => parser = new Parser(new StringReader(yaml.TrimStart('\uFEFF')));

    /// <summary>The root node; null when the text holds no document.</summary>
    /// <exception cref="YamlException">The text is not YAML, holds more than one document, or is nested too deeply.</exception>
    public static YamlNode? Parse(string yaml)
    {
        var document = new YamlDocument(yaml);
        document.Next<StreamStart>();
        if (document.Next() is StreamEnd)
        {
            return null;
        }

        var root = document.ReadNode(document.Next(), 0);
        document.Next<DocumentEnd>();
        return document.Next() is StreamEnd
            ? root
            : throw Error(document.parser.Current!, "there is a second document; a configuration is a single one, so remove it");
    }

    private YamlNode ReadNode(ParsingEvent current, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Error(current, "lists and maps are nested too deeply for a configuration");
        }

        if (current is AnchorAlias alias)
        {
            // An anchor is known only once its node is complete, so a node cannot contain itself.
            return anchors.TryGetValue(alias.Value, out var shared)
                ? shared with { Start = alias.Start }
                : throw Error(alias, $"a text that begins with '*' must stand in quotes: '*{alias.Value}'");
        }

        var start = current as NodeEvent ?? throw Error(current, "a value was expected");
        string tag = start.Tag.IsEmpty ? "" : start.Tag.Value;
        var node = start switch
        {
            Scalar scalar => new YamlNode(scalar.Start, tag)
            {
                Text = scalar.Value,
                IsPlain = scalar.Style == ScalarStyle.Plain,
                IsFolded = scalar.Style is ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted
                    && scalar.End.Line > scalar.Start.Line,
            },
            SequenceStart => new YamlNode(start.Start, tag) { Items = ReadItems(depth) },
            _ => new YamlNode(start.Start, tag) { Pairs = ReadPairs(depth) },
        };
        if (!start.Anchor.IsEmpty)
        {
            anchors[start.Anchor] = node;
        }

        return node;
    }

    private List<YamlNode> ReadItems(int depth)
    {
        var items = new List<YamlNode>();
        for (var current = Next(); current is not SequenceEnd; current = Next())
        {
            items.Add(ReadNode(current, depth + 1));
        }

        return items;
    }

    private List<(YamlNode Key, YamlNode Value)> ReadPairs(int depth)
    {
        var pairs = new List<(YamlNode Key, YamlNode Value)>();
        for (var current = Next(); current is not MappingEnd; current = Next())
        {
            var key = ReadNode(current, depth + 1);
            pairs.Add((key, ReadNode(Next(), depth + 1)));
        }

        return pairs;
    }

    private ParsingEvent Next()
    {
        var last = parser.Current?.End ?? Mark.Empty;
        try
        {
            return parser.MoveNext() && parser.Current is { } current
                ? current
                : throw new YamlException(last, last, "");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // What the scanner throws at some broken texts instead of its own exception.
            throw new YamlException(last, last, "", e);
        }
    }

    private void Next<T>() where T : ParsingEvent
    {
        if (Next() is not T)
        {
            throw Error(parser.Current!, "a value was expected");
        }
    }

    private static YamlMistake Error(ParsingEvent at, string problem) => new(at.Start, at.End, problem);
}
