using System.Management.Automation;
using Snapshotter.Engine.Retention;
using Snapshotter.PowerShell.Arguments;
using Snapshotter.PowerShell.Completion;

namespace Snapshotter.PowerShell;

/// <summary>A cmdlet that may be told which old generations stay.</summary>
public abstract class RetentionCommand : SnapshotterCommand
{
    /// <summary>Keeps the newest this many generations.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepLast { get; set; }

    /// <summary>Keeps the newest of each of the last this many hours that have one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepHourly { get; set; }

    /// <summary>Keeps the newest of each of the last this many days that have one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepDaily { get; set; }

    /// <summary>Keeps the newest of each of the last this many weeks that have one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepWeekly { get; set; }

    /// <summary>Keeps the newest of each of the last this many months that have one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepMonthly { get; set; }

    /// <summary>Keeps the newest of each of the last this many years that have one.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public int KeepYearly { get; set; }

    /// <summary>Keeps all made within this span before the newest, e.g. 14d or 2y5m7d3h.</summary>
    [Parameter]
    [SpanTransformation]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public RetentionSpan KeepWithin { get; set; }

    /// <summary>The policy that the parameters make; null when none of them is given.</summary>
    protected RetentionPolicy? Policy
    {
        get
        {
            var policy = new RetentionPolicy
            {
                Last = Given(KeepLast),
                Hourly = Given(KeepHourly),
                Daily = Given(KeepDaily),
                Weekly = Given(KeepWeekly),
                Monthly = Given(KeepMonthly),
                Yearly = Given(KeepYearly),
                Within = KeepWithin.IsZero ? null : KeepWithin,
            };
            return policy.IsEmpty ? null : policy;
        }
    }

    private static int? Given(int count) => count == 0 ? null : count;
}
