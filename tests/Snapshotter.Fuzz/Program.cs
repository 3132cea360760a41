using System.Globalization;
using Snapshotter.Fuzz;

const string Usage = """
    Mutates archives, configurations and manifests and looks for inputs that make the engine misbehave.

      --target NAME     list, test, restore, config, manifest, or all (the default) in turn
      --seconds N       how long in all (60)
      --seed S          which inputs: the same seed gives the same ones (1)
      --fixtures PATH   a folder with more archives to begin with
      --out PATH        where inputs that were found are written (findings)
      --input FILE      run this one input only
      --afl             run under afl-fuzz: the engine must have been instrumented with SharpFuzz
    """;

var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--afl")
    {
        options[args[i]] = "";
    }
    else if (args[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < args.Length)
    {
        options[args[i]] = args[++i];
    }
    else
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}

string target = options.GetValueOrDefault("--target", "all");
int seconds = int.Parse(options.GetValueOrDefault("--seconds", "60"), CultureInfo.InvariantCulture);
int seed = int.Parse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture);
string output = Path.GetFullPath(options.GetValueOrDefault("--out", "findings"));
string scratch = Directory.CreateTempSubdirectory("snapshotter-fuzz-").FullName;
int found = 0;
try
{
    if (options.ContainsKey("--afl"))
    {
        var engine = FuzzTarget.Create(target, scratch);
        SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            engine.Run(input.ToArray(), default);
        });
        return 0;
    }

    foreach (string name in target == "all" ? FuzzTarget.Names : [target])
    {
        var run = new FuzzRun(name, seed, scratch, options.GetValueOrDefault("--fixtures"))
        {
            Found = (input, e) => Keep(name, input, e),
        };
        if (options.TryGetValue("--input", out string? file))
        {
            run.TryOne(FuzzTarget.Create(name, scratch), File.ReadAllBytes(file));
            using var self = System.Diagnostics.Process.GetCurrentProcess();
            Console.WriteLine($"{name}: {run.Accepted} accepted, {found} found, peak {self.PeakWorkingSet64}");
        }
        else
        {
            run.Run(TimeSpan.FromSeconds(target == "all" ? (double)seconds / FuzzTarget.Names.Length : seconds), long.MaxValue);
            Console.WriteLine($"{name}: seed {seed}, {run.Count} inputs, {run.Accepted} accepted, slowest {run.Slowest.TotalSeconds:f2} s, {found} found");
        }
    }
}
finally
{
    Snapshotter.Engine.FileSystem.IFileSystem files = Snapshotter.Engine.FileSystem.PlatformFileSystem.Current;
    using var parent = files.OpenDirectory(Path.GetDirectoryName(scratch)!);
    Snapshotter.Engine.Restoring.TreeRemover.Remove(parent, ArchiveForge.Bytes(Path.GetFileName(scratch)));
}

return found == 0 ? 0 : 1;

void Keep(string name, byte[] input, Exception e)
{
    found++;
    Directory.CreateDirectory(output);
    string path = Path.Join(output, $"{name}-{seed}-{found}");
    File.WriteAllBytes(path, input);
    File.WriteAllText(path + ".txt", e.ToString());
    Console.WriteLine($"{path}: {e.GetType().Name}: {e.Message.Split('\n')[0]}");
}
