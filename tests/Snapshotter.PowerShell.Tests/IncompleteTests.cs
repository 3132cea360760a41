using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>What happens in the middle of a job: warnings, progress, a stop. A FIFO's neighbour, a socket, sets it off.</summary>
public sealed class IncompleteTests : ModuleTest
{
    public IncompleteTests()
    {
        Folder.CreateArchive();
        for (int i = 0; i < 200; i++)
            Folder.Write($"volume1/more/{i}.txt", new string('x', 10_000));
    }

    [Fact]
    public void Socket_is_left_out_with_a_warning()
    {
        using var socket = Listen();
        using var shell = Session.Create("Backup-Volume volume1 backup.tar -WarningVariable +warnings");
        var report = Assert.Single(shell.Invoke());
        Assert.Contains("a.socket", Assert.Single(shell.Streams.Warning).Message);
        Assert.Equal(1L, report.Properties["WarningCount"].Value);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("-ErrorAction Stop", 0)]
    public void File_that_cannot_be_read_is_an_error_that_does_not_end_the_cmdlet(string action, int generations)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no modes on Windows.");
            return;
        }

        const UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(Folder.Root, all);
        File.SetUnixFileMode(Folder.Archive, all);
        Folder.Write("volume1/secret.txt", "secret");
        File.SetUnixFileMode(Folder["volume1/secret.txt"], UnixFileMode.None);
        Assert.Empty(Run("Get-BackupTar backup.tar"));
        OrdinaryUser.Run(() =>
        {
            // The thread that gave up its rights runs the pipeline itself.
            using var session = new ModuleSession(Folder.Root, PSThreadOptions.UseCurrentThread);
            using var shell = session.Create($"Backup-Volume volume1 backup.tar {action}");
            ErrorRecord error;
            if (generations == 0)
            {
                error = Assert.ThrowsAny<RuntimeException>(() => shell.Invoke()).ErrorRecord;
            }
            else
            {
                var report = Assert.Single(shell.Invoke());
                Assert.False((bool)report.Properties["Complete"].Value);
                error = Assert.Single(shell.Streams.Error);
            }

            Assert.Equal("FileUnreadable,Snapshotter.PowerShell.BackupVolumeCommand", error.FullyQualifiedErrorId);
            Assert.Equal(Folder["volume1/secret.txt"], error.TargetObject);
        });
        Assert.Equal(generations, Run("Get-BackupTar backup.tar").Count);
    }

    [Fact]
    public void Stop_leaves_the_archive_as_it_was()
    {
        using var socket = Listen();
        string before = Folder.Fingerprint();
        using var shell = Session.Create("Backup-Volume volume1 backup.tar");
        var stopping = new ManualResetEventSlim();
        shell.Streams.Warning.DataAdded += (_, _) =>
        {
            // On the pipeline's thread, in the middle of the job: it goes on only when the stop has reached the cmdlet.
            shell.BeginStop(_ => stopping.Set(), null);
            SpinWait.SpinUntil(() => shell.InvocationStateInfo.State == PSInvocationState.Stopping);
            Thread.Sleep(200);
        };
        shell.Invoke();
        Assert.True(stopping.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.Equal(before, Folder.Fingerprint());
    }

    [Fact]
    public void Stop_ends_the_wait_for_another_writer()
    {
        using var holder = Folder.LockArchive();
        using var shell = Session.Create("Backup-Volume volume1 backup.tar -Wait 3600");
        var running = shell.BeginInvoke();
        Thread.Sleep(300);
        shell.Stop();
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.ThrowsAny<RuntimeException>(() => shell.EndInvoke(running));
    }

    [Fact]
    public void Progress_is_shown_and_taken_away_again()
    {
        var records = Progress("Backup-Volume volume1 backup.tar");
        Assert.Contains(records, r => r.RecordType == ProgressRecordType.Processing && r.StatusDescription.Contains("B/s"));
        Assert.Equal(ProgressRecordType.Completed, records[^1].RecordType);
    }

    [Theory]
    [InlineData(1_048_576, 4_194_304, 25, 6)]
    [InlineData(4_194_304, 4_194_304, 100, 0)]
    [InlineData(9_000_000, 4_194_304, 100, 0)]
    [InlineData(1_048_576, -1, -1, -1)]
    [InlineData(0, 4_194_304, 0, -1)]
    public void Progress_says_how_much_how_fast_and_how_long_still(long done, long total, int percent, int seconds)
    {
        var record = Session.Value<ProgressRecord>($"""
            $assembly = (Get-Command Backup-Volume).ImplementingType.Assembly
            $where = [AppDomain]::CurrentDomain.GetAssemblies().Where(
                [scriptblock]::Create('$_.GetName().Name -eq "Snapshotter.Engine"'))[0].GetType('Snapshotter.Engine.Reporting.JobProgress')
            $progress = [Activator]::CreateInstance($where, @('Backing up', '/data', [long]{done}, [long]{total}, [long]12, [timespan]::FromSeconds(2)))
            $assembly.GetType('Snapshotter.PowerShell.Output.ProgressRecords').GetMethod('From').Invoke($null, @(0, $progress))
            """);
        Assert.Equal((percent, seconds), (record.PercentComplete, record.SecondsRemaining));
        Assert.Equal("/data", record.CurrentOperation);
        Assert.Contains("12", record.StatusDescription);
        Assert.Contains("/s", record.StatusDescription);
    }

    [Fact]
    public void Progress_is_throttled()
        => Assert.InRange(Progress("Backup-Volume volume1 backup.tar").Count, 1, 20);

    [Fact]
    public void Progress_is_silent_when_told_to_be()
        => Assert.Empty(Progress("$ProgressPreference = 'SilentlyContinue'; Backup-Volume volume1 backup.tar"));

    [Fact]
    public void Warning_can_end_the_job_which_is_then_undone()
    {
        using var socket = Listen();
        string before = Folder.Fingerprint();
        using var shell = Session.Create("Backup-Volume volume1 backup.tar -WarningAction Stop");
        Assert.ThrowsAny<RuntimeException>(() => shell.Invoke());
        Assert.Equal(before, Folder.Fingerprint());
    }

    /// <summary>The progress of a job that a slow reader of its warnings makes last long enough to have some.</summary>
    private List<ProgressRecord> Progress(string script)
    {
        using var socket = Listen();
        using var shell = Session.Create(script);
        shell.Streams.Warning.DataAdded += (_, _) => Thread.Sleep(700);
        shell.Invoke();
        Assert.NotEmpty(shell.Streams.Warning);
        return [.. shell.Streams.Progress];
    }

    private System.Net.Sockets.Socket Listen()
    {
        var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Folder["volume1/a.socket"]));
        return socket;
    }
}
