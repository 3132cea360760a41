using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Snapshotter.Benchmarks.Parts;

/// <summary>BenchmarkDotNet over the engine's parts, in this process: the parts are internal to the engine.</summary>
internal static class PartsRunner
{
    public static int Run(string[] arguments)
    {
        var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        _ = BenchmarkSwitcher.FromAssembly(typeof(PartsRunner).Assembly).Run(arguments.Length == 0 ? ["--filter", "*"] : arguments, config);
        return 0;
    }
}
