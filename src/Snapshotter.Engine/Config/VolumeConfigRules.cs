using System.Text;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Patterns;
using Snapshotter.Engine.Retention;

namespace Snapshotter.Engine.Config;

/// <summary>What a configuration must keep to, wherever it comes from. The first mistake found is the one told.</summary>
internal static class VolumeConfigRules
{
    /// <summary>Longest prefix and path accepted, in characters: what Linux takes as a path.</summary>
    private const int MaxPath = 4096;

    /// <summary>The first mistake: its place and a sentence that says what to do; null when there is none.</summary>
    public static (ConfigPlace Place, string Problem)? FindMistake(VolumeConfig config)
        => PrefixMistake(config.Prefix) is { } problem
            ? (new ConfigPlace(ConfigField.Prefix), problem)
            : FindVolumeMistake(config.Volumes) ?? FindExcludeMistake(config.Exclude) ?? FindKeepMistake(config.Keep);

    /// <summary>Whether a path is absolute; one that begins with a slash is so everywhere, as seen inside a container.</summary>
    public static bool IsAbsolute(string path, bool windows)
        => path.StartsWith('/') || (windows && (path.StartsWith(@"\\", StringComparison.Ordinal) || TargetName.IsOfWindows(path)));

    /// <summary>What is wrong with a prefix, or null.</summary>
    private static string? PrefixMistake(string? prefix)
    {
        if (prefix is null)
        {
            return "the prefix is null; use an empty text for the root of the archive";
        }

        if (prefix.Length == 0)
        {
            return null;
        }

        if (TextMistake(prefix) is { } problem)
        {
            return $"the prefix {problem}";
        }

        if (prefix.StartsWith('/'))
        {
            return $"the prefix '{prefix}' begins with a slash; it is a path inside the tar, so leave the slash out";
        }

        // A manifest of a longer name would not be taken for one.
        int most = Manifest.MaxName - "/volumes-data.yml".Length;
        if (Encoding.UTF8.GetByteCount(prefix) > most)
        {
            return $"the prefix is longer than {most} bytes";
        }

        foreach (string name in prefix.Split('/'))
        {
            switch (name)
            {
                case "":
                    return $"the prefix '{prefix}' has an empty name in it; write single slashes";
                case "." or "..":
                    return $"the prefix '{prefix}' has '{name}' in it; write the path inside the tar without it";
            }
        }

        return null;
    }

    private static (ConfigPlace, string)? FindVolumeMistake(IList<VolumeSpec> volumes)
    {
        if (volumes.Count == 0)
        {
            return (new ConfigPlace(ConfigField.Volumes), "there are no volumes; list at least one absolute path");
        }

        bool windows = OperatingSystem.IsWindows();
        var comparer = windows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var targets = new HashSet<string>(comparer);
        var paths = new HashSet<string>(comparer);
        for (int i = 0; i < volumes.Count; i++)
        {
            var target = new ConfigPlace(ConfigField.Target, i);
            if (volumes[i] is not { } volume)
            {
                return (target, "the volume is null; give an absolute path");
            }

            // Where the volume stands at another place, its name may be a path of the machine that it was saved on.
            bool isName = volume.Source is not null && volume.Target is not ['/', ..];
            if (PathMistake(volume.Target, windows || isName) is { } problem)
            {
                return (target, $"the volume {problem}");
            }

            if (!targets.Add(TargetName.IsOfWindows(volume.Target) ? TargetName.KeyOf(volume.Target) : Normalize(volume.Target, windows)))
            {
                return (target, $"the volume '{volume.Target}' is listed twice; remove one of them");
            }

            if (volume.Source is not null && PathMistake(volume.Source, windows) is { } sourceProblem)
            {
                return (new ConfigPlace(ConfigField.Source, i), $"the source {sourceProblem}");
            }

            if (!paths.Add(windows && TargetName.IsOfWindows(volume.Path) ? TargetName.KeyOf(volume.Path) : Normalize(volume.Path, windows)))
            {
                return (
                    volume.Source is null ? target : new ConfigPlace(ConfigField.Source, i),
                    $"two volumes stand at '{volume.Path}', and a restore would write both there; give each its own place");
            }
        }

        return null;
    }

    private static (ConfigPlace, string)? FindExcludeMistake(IList<string> patterns)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            if (GlobPattern.FindMistake(GlobPattern.WithSlashes(patterns[i], OperatingSystem.IsWindows())) is { } problem)
            {
                return (new ConfigPlace(ConfigField.Exclude, i), problem);
            }
        }

        return null;
    }

    private static (ConfigPlace, string)? FindKeepMistake(RetentionPolicy? keep) => keep?.FindMistake() is var (rule, problem)
        ? (new ConfigPlace(Enum.Parse<ConfigField>("Keep" + rule)), problem)
        : null;

    private static string? PathMistake(string? path, bool windows)
    {
        if (string.IsNullOrEmpty(path))
        {
            return "has an empty path; give an absolute one";
        }

        if (TextMistake(path) is { } problem)
        {
            return problem;
        }

        if (!IsAbsolute(path, windows))
        {
            return $"'{path}' is not an absolute path; write it from the root, such as /home/volume1";
        }

        // A way up would leave the folder that a restore to elsewhere is confined to.
        return Names(path, windows).Any(name => name is "." or "..")
            ? $"'{path}' has '.' or '..' in it; write the path without them"
            : null;
    }

    /// <summary>What no path may hold: it could neither be written in one line nor named in a tar.</summary>
    private static string? TextMistake(string text)
    {
        if (text.Length > MaxPath)
        {
            return $"is longer than {MaxPath} characters";
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029')
            {
                return $"has the control character U+{(int)text[i]:X4} in it; remove it";
            }

            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return $"has half a character, U+{(int)text[i]:X4}, in it; remove it";
                }

                i++;
            }
        }

        return null;
    }

    /// <summary>One spelling for all that name the same place: the written one stays the volume's name.</summary>
    private static string Normalize(string path, bool windows) => "/" + string.Join('/', Names(path, windows));

    private static string[] Names(string path, bool windows)
        => path.Split(windows ? ['/', '\\'] : ['/'], StringSplitOptions.RemoveEmptyEntries);
}
