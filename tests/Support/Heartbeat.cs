using System.Diagnostics;
using System.Reflection;
using Xunit.v3;

[assembly: Snapshotter.Tests.Heartbeat]

namespace Snapshotter.Tests;

/// <summary>Says every ten seconds how many tests have run: dotnet test is silent until a project's last one has.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class HeartbeatAttribute : BeforeAfterTestAttribute
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static long said = Stopwatch.GetTimestamp();
    private static int count;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        int done = Interlocked.Increment(ref count);
        long last = Interlocked.Read(ref said);
        if (Stopwatch.GetElapsedTime(last) > Interval && Interlocked.CompareExchange(ref said, Stopwatch.GetTimestamp(), last) == last)
        {
            TestContext.Current.SendDiagnosticMessage($"{done} tests have run");
        }
    }
}
