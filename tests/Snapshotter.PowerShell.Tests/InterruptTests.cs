using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Security.Cryptography;
using System.Text;
using Snapshotter.Engine.Tests.FileSystem;
using Snapshotter.PowerShell.Tests.Support;

namespace Snapshotter.PowerShell.Tests;

/// <summary>Ctrl-C at moments when something is done already: it is told, although nobody takes results any more.</summary>
public sealed class InterruptTests : ModuleTest
{
    [Fact]
    public void Volume_that_was_swapped_is_reported()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("There are no owners to lose elsewhere.");
            return;
        }

        // Files of somebody else: an ordinary user cannot give them away, and is told when the volume was swapped already.
        string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder["volume1"])));
        Folder.Write($"tar/p/{id}/file.txt", "saved");
        Folder.Write("tar/p/volumes-data.yml", $"- id: {id}\n  type: dir\n  target: {Folder["volume1"]}\n");
        using (Process tar = Process.Start("tar", ["--owner=12345", "--group=12345", "-C", Folder["tar"], "-cf", Folder.Archive, $"p/{id}", "p/volumes-data.yml"]))
            tar.WaitForExit();
        foreach (string path in new[] { Folder.Root, Folder["volume1"], Folder["volume1/sub"] })
            File.SetUnixFileMode(path, (UnixFileMode)0x1ff);
        File.SetUnixFileMode(Folder.Archive, (UnixFileMode)0x1b6);

        OrdinaryUser.Run(() =>
        {
            using var session = new ModuleSession(Folder.Root, PSThreadOptions.UseCurrentThread);
            StopAt(session, "Restore-Volume backup.tar -Prefix p -Confirm:$false", shell => shell.Streams.Warning, "owner");
            Assert.Contains(session.Host.Shown, line => line.Contains($"'{Folder["volume1"]}' is restored to"));
        });
        Assert.Equal("saved", Folder.Read("volume1/file.txt"));
    }

    [Theory]
    [InlineData("-InPlace")]
    [InlineData("-Include *.txt")]
    public void Volume_that_is_neither_old_nor_new_is_told(string parameters)
    {
        Folder.CreateArchive();
        Run("Backup-Volume volume1 backup.tar");
        StopAt(
            Session, $"Restore-Volume backup.tar -Prefix volumes -Confirm:$false -Verbose {parameters}",
            shell => shell.Streams.Verbose, "Restoring");
        Assert.Contains(Session.Host.Shown, line => line.Contains(Folder["volume1"]) && line.Contains("Run Restore-Volume for it again"));
        Run("Restore-Volume backup.tar -Prefix volumes -Confirm:$false");
        Assert.Equal("one", Folder.Read("volume1/file.txt"));
    }

    /// <summary>Stops a script when a line with the text comes out of it.</summary>
    private static void StopAt<T>(
        ModuleSession session, string script, Func<System.Management.Automation.PowerShell, PSDataCollection<T>> stream, string text)
    {
        using var shell = session.Create(script);
        using var stopped = new ManualResetEventSlim();
        bool isAsked = false;
        stream(shell).DataAdded += (source, e) =>
        {
            if (isAsked || !((PSDataCollection<T>)source!)[e.Index]!.ToString()!.Contains(text))
                return;
            isAsked = true;
            // On the pipeline's thread, in the middle of the job: it goes on only when the stop has reached the cmdlet.
            shell.BeginStop(_ => stopped.Set(), null);
            SpinWait.SpinUntil(() => shell.InvocationStateInfo.State == PSInvocationState.Stopping);
            Thread.Sleep(200);
        };
        try
        {
            shell.Invoke();
        }
        catch (PipelineStoppedException)
        {
            // What a stop looks like where the caller's thread runs the pipeline.
        }

        Assert.True(isAsked, "The text did not come.");
        Assert.True(stopped.Wait(TimeSpan.FromSeconds(30)));
    }
}
