using System.Globalization;
using System.Resources;
using Snapshotter.Docker;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.PowerShell.Output;

/// <summary>In whose words the user is told what to do.</summary>
public enum RemedyCaller
{
    /// <summary>Someone who calls the cmdlets: parameters and cmdlets are named.</summary>
    Cmdlet,

    /// <summary>Someone who runs the image: its commands, mounts and their parameters are named.</summary>
    Image,
}

/// <summary>
/// What to do about an error, in words: the one table, Remedies.resx, has each remedy of the engine by its name for the
/// cmdlets, and as <c>NAME.Image</c> for the image where that has other words.
/// </summary>
public static class Remedies
{
    private static readonly ResourceManager Table = new(typeof(Remedies));

    /// <summary>Who is spoken to. The image sets it once, before its first command.</summary>
    public static RemedyCaller Caller { get; set; }

    /// <summary>What to do.</summary>
    /// <param name="remedy">The engine's remedy.</param>
    /// <param name="target">The path, prefix or name that the error is about.</param>
    /// <returns>A sentence; empty for <see cref="Remedy.None"/>.</returns>
    public static string TextOf(Remedy remedy, string? target)
        => remedy == Remedy.None ? "" : TextOf(remedy.ToString(), target);

    /// <summary>What to do about an engine of containers that does not answer or does not know a container.</summary>
    internal static string TextOf(DockerError error, string? target) => TextOf(error.ToString(), target);

    /// <summary>What is wrong and what to do, as one text.</summary>
    internal static string Join(string problem, string remedy) => remedy.Length == 0 ? problem : $"{problem} {remedy}";

    private static string TextOf(string name, string? target)
    {
        string? text = Caller == RemedyCaller.Image ? Table.GetString(name + ".Image", CultureInfo.CurrentUICulture) : null;
        text ??= Table.GetString(name, CultureInfo.CurrentUICulture) ?? "";
        return string.Format(CultureInfo.CurrentCulture, text, Shown.Name(target));
    }
}
