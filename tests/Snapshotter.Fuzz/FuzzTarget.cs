using System.Text;
using Snapshotter.Engine;
using Snapshotter.Engine.Archive;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.Jobs;
using Snapshotter.Engine.Reporting;

namespace Snapshotter.Fuzz;

/// <summary>What an input did that none may do.</summary>
internal sealed class FuzzFailure(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One way into the engine. Running an input throws <see cref="FuzzFailure"/>, or whatever leaves the engine that should not.</summary>
internal abstract class FuzzTarget(string scratch)
{
    public static readonly string[] Names = ["list", "test", "restore", "config", "manifest"];

    protected string Scratch { get; } = scratch;

    public static FuzzTarget Create(string name, string scratch) => name switch
    {
        "list" => new ListTarget(scratch),
        "test" => new TestTarget(scratch),
        "restore" => new RestoreFuzzTarget(scratch),
        "config" => new ConfigTarget(scratch),
        "manifest" => new ManifestTarget(scratch),
        _ => throw new ArgumentException($"There is no target '{name}'; there are {string.Join(", ", Names)}."),
    };

    /// <summary>Whether inputs are archives; else they are texts.</summary>
    public virtual bool TakesArchives => true;

    /// <summary>Runs one input. What an input leads to depends on its bytes only.</summary>
    /// <returns>False when it was refused.</returns>
    public bool Run(byte[] input, CancellationToken cancellation)
    {
        try
        {
            return Try(input, cancellation);
        }
        catch (BackupException e)
        {
            Check(e);
            return false;
        }
    }

    protected abstract bool Try(byte[] input, CancellationToken cancellation);

    protected static void Check(BackupException e)
    {
        // Messages are for people: no input may blow them up.
        if (e.Message.Length > 16 * 1024)
        {
            throw new FuzzFailure($"A message has {e.Message.Length} characters.", e);
        }
    }

    protected string Write(byte[] input)
    {
        string path = Path.Join(Scratch, "input.tar");
        File.WriteAllBytes(path, input);
        return path;
    }
}

internal sealed class ListTarget(string scratch) : FuzzTarget(scratch)
{
    protected override bool Try(byte[] input, CancellationToken cancellation)
    {
        string archive = Write(input);
        foreach (bool newest in new[] { false, true })
        {
            var options = new ListOptions { Newest = newest };
            _ = BackupTar.List(archive, options, null, cancellation);
            foreach (var entry in BackupTar.ListEntries(archive, options, cancellation))
            {
                if (entry.Path.Split('/').Contains(".."))
                {
                    throw new FuzzFailure($"The path '{entry.Path}' is listed.");
                }
            }
        }

        return true;
    }
}

internal sealed class TestTarget(string scratch) : FuzzTarget(scratch)
{
    protected override bool Try(byte[] input, CancellationToken cancellation)
    {
        bool passed = true;
        foreach (var report in BackupTar.Test(Write(input), null, null, cancellation))
        {
            passed &= report.Passed;
            if (report.Passed != (report.Errors.Count == 0))
            {
                throw new FuzzFailure("A report passed with errors, or failed without one.");
            }
        }

        return passed;
    }
}

internal sealed class ConfigTarget(string scratch) : FuzzTarget(scratch)
{
    public override bool TakesArchives => false;

    protected override bool Try(byte[] input, CancellationToken cancellation)
    {
        var config = VolumeConfigFile.Parse(Encoding.UTF8.GetString(input), "config.yml");
        string written = VolumeConfigFile.Write(config);
        if (VolumeConfigFile.Write(VolumeConfigFile.Parse(written, "written.yml")) != written)
        {
            throw new FuzzFailure($"The configuration does not survive being written:\n{written}");
        }

        return true;
    }
}

internal sealed class ManifestTarget(string scratch) : FuzzTarget(scratch)
{
    public override bool TakesArchives => false;

    protected override bool Try(byte[] input, CancellationToken cancellation)
    {
        var manifest = ManifestYaml.Read(input, "volumes-data.yml");
        if (manifest.Damage is not null)
        {
            return false;
        }

        var back = ManifestYaml.Read(Encoding.UTF8.GetBytes(ManifestLines.Write(manifest.Volumes)), "written");
        if (back.Damage is not null || !back.Volumes.SequenceEqual(manifest.Volumes))
        {
            throw new FuzzFailure("The manifest does not survive being written.");
        }

        return true;
    }
}
