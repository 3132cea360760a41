using YamlDotNet.Core;

namespace Snapshotter.Engine.Config;

/// <summary>One node of a YAML document with the place it stands at. Exactly one of the three contents is set.</summary>
internal sealed record YamlNode(Mark Start, string Tag)
{
    /// <summary>The text of a scalar.</summary>
    public string? Text { get; init; }

    /// <summary>False for a quoted or block scalar, which is text whatever it looks like.</summary>
    public bool IsPlain { get; init; }

    /// <summary>True for a text over more than one line that became one, which in most cases is an indentation gone wrong.</summary>
    public bool IsFolded { get; init; }

    public IReadOnlyList<YamlNode>? Items { get; init; }

    public IReadOnlyList<(YamlNode Key, YamlNode Value)>? Pairs { get; init; }

    /// <summary>True for nothing at all, <c>~</c> and <c>null</c> (YAML 1.2 core schema).</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public string Describe()
        => Items is not null ? "a list" : Pairs is not null ? "a map" : IsNull ? "nothing" : $"the text '{Text}'";
}
