using System.Management.Automation;

namespace Snapshotter.Shell;

/// <summary>Progress as one line that is written over, on a terminal only.</summary>
internal sealed class ProgressLine
{
    private readonly bool visible = !Console.IsErrorRedirected && !Console.IsOutputRedirected;
    private int shownLength;

    public void Show(ProgressRecord record)
    {
        if (!visible)
            return;
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        string percent = record.PercentComplete >= 0 ? $"{record.PercentComplete,3}% " : "";
        string line = $"{percent}{record.Activity}: {record.StatusDescription}";
        int width = Math.Max(20, Console.WindowWidth) - 1;
        if (line.Length > width)
            line = line[..width];
        Console.Error.Write('\r' + line.PadRight(shownLength));
        shownLength = line.Length;
    }

    public void Clear()
    {
        if (shownLength == 0)
            return;
        Console.Error.Write('\r' + new string(' ', shownLength) + '\r');
        shownLength = 0;
    }
}
