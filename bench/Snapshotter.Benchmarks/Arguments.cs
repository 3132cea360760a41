namespace Snapshotter.Benchmarks;

/// <summary>A command line of "--name value" pairs. Asking for a name removes it; what is left over was a mistake.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, List<string>> values = [];

    public Arguments(ReadOnlySpan<string> words)
    {
        for (int i = 0; i < words.Length; i += 2)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == words.Length)
            {
                throw new UsageException($"'{words[i]}': expected --name value.");
            }

            string name = words[i][2..];
            if (!values.TryGetValue(name, out var list))
            {
                values[name] = list = [];
            }

            list.Add(words[i + 1]);
        }
    }

    public IReadOnlyList<string> TakeAll(string name) => values.Remove(name, out var list) ? list : [];

    public string? TakeOptional(string name) => TakeAll(name) is [.., var last] ? last : null;

    public string Take(string name) => TakeOptional(name) ?? throw new UsageException($"--{name} is missing.");

    public T Take<T>(string name, T fallback)
        where T : IParsable<T>
    {
        string? text = TakeOptional(name);
        return text is null ? fallback
            : T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) ? value
            : throw new UsageException($"--{name} {text}: not a number.");
    }

    public void Done()
    {
        if (values.Count > 0)
        {
            throw new UsageException($"Unknown: --{string.Join(", --", values.Keys)}.");
        }
    }
}

internal sealed class UsageException(string message) : Exception(message);
