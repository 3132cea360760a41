using YamlDotNet.Core;

namespace Snapshotter.Engine.Config;

/// <summary>What is well-formed YAML and still no configuration, in our own words.</summary>
internal sealed class YamlMistake(Mark start, Mark end, string message) : YamlException(start, end, message);
