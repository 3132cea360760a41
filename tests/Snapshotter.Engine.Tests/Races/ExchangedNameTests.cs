using System.Text;
using Snapshotter.Engine.Config;
using Snapshotter.Engine.FileSystem;
using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Restoring;
using Snapshotter.Engine.Saving;
using Snapshotter.Engine.Tests.Faults;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.Races;

/// <summary>
/// Somebody owns a folder in a volume in which root's own file and folder lie, closed to him. While root restores, he puts
/// them in the place of whatever name has just come into being, or of one that is about to be used. Whatever he does, they
/// stay root's, and closed.
/// </summary>
public sealed class ExchangedNameTests(ITestOutputHelper output)
{
    private const string Archive = "/archives/backup.tar";
    private const string Volume = "/v";
    private const string Home = "/v/home";
    private const uint His = 1000;

    private static readonly string[] Treasures = ["treasure", "chest"];

    [Theory]
    [InlineData("plain", false)]
    [InlineData("in place", false)]
    [InlineData("include", false)]
    [InlineData("include", true)]
    [InlineData("incomplete", true)]
    public void What_is_root_s_stays_root_s(string mode, bool isThere)
    {
        var options = mode switch
        {
            "in place" => new RestoreOptions { InPlace = true },
            "include" => new RestoreOptions { Include = ["home"] },
            _ => new RestoreOptions(),
        };
        var start = Build(isComplete: mode != "incomplete");
        Change(start, isThere);
        var counted = new RacingFileSystem(start.Clone(), _ => { });
        Restore(counted, options);
        long exchanged = 0;
        for (int at = 0; at < counted.Calls; at++)
        {
            foreach (string treasure in Treasures)
            {
                var disk = start.Clone();
                var treasures = Treasures.ToDictionary(name => Id(disk, name), name => name);
                var known = Names(disk);
                bool isDone = false;
                var racing = new RacingFileSystem(disk, moment =>
                {
                    if (isDone || moment.Number < at)
                    {
                        return;
                    }

                    // What is about to be used, or has just come into being.
                    string? name = moment.Directory == Home && moment.Name.Length > 0 && Names(disk).Contains(moment.Name)
                        ? moment.Name
                        : Names(disk).Except(known).FirstOrDefault();
                    isDone = name is not null && !Treasures.Contains(name) && Exchange(disk, name, treasure);
                });
                string outcome = "done";
                try
                {
                    Restore(racing, options);
                }
                catch (BackupException e)
                {
                    // It may well be refused.
                    outcome = e.Message;
                }

                exchanged += isDone ? 1 : 0;
                AreClosed(disk, "/", treasures, $"{mode}, before step {at} of {counted.Calls}, {treasure}");
                Assert.True(racing.Open == 0, $"{mode}, before step {at}, {treasure}: {racing.Open} directories are still open; {outcome}");
            }
        }

        // A plain restore uses no name in a folder of his: all is staged, and what stood there is moved away as a whole.
        Assert.True(exchanged > 10 || mode == "plain", "nothing was exchanged");
        output.WriteLine($"{mode}: {exchanged} times exchanged in {counted.Calls} steps");
    }

    /// <summary>He may also have done it long before.</summary>
    [Theory]
    [InlineData("include")]
    [InlineData("incomplete")]
    public void A_folder_of_root_s_that_stands_where_one_of_his_was_saved_is_not_opened(string mode)
    {
        var disk = Build(isComplete: mode != "incomplete");
        Change(disk, isThere: false);
        Assert.True(Exchange(disk, "folder", "chest"));
        var treasures = new Dictionary<FileId, string> { [Id(disk, "folder")] = "chest" };
        var report = Restore(disk, new RestoreOptions { Include = mode == "include" ? ["home"] : [] });
        AreClosed(disk, "/", treasures, mode);
        Assert.False(report.Complete);
        Assert.Contains(report.Warnings, notice => notice.Kind == BackupError.NotKept && notice.Path.EndsWith("/folder", StringComparison.Ordinal));
    }

    private static MemoryFileSystem Build(bool isComplete)
    {
        var disk = new MemoryFileSystem();
        disk.CreateDirectories("/archives");
        disk.CreateDirectories(Home);
        using (var home = disk.OpenDirectory(Home))
        {
            File(home, "file", His, 0x1B6);
            File(home, "other", His, 0x1B6);
            home.CreateHardLink("second name"u8, home, "file"u8);
            home.CreateSymbolicLink("link"u8, "file"u8);
            home.CreateNode("fifo"u8, FileKind.Fifo, 0x1B6, 0, 0);
            foreach (string name in new[] { "link", "fifo" })
            {
                home.SetMetadata(Encoding.ASCII.GetBytes(name), new FileMetadata { SetOwner = true, UserId = His, Mode = 0x1B6 });
            }

            Folder(home, "folder", His, 0x1FF);
            using (var folder = home.OpenDirectory("folder"u8))
            {
                File(folder, "inner", His, 0x1B6);
                folder.CreateHardLink("linked"u8, home, "other"u8);
            }

            home.SetMetadata(new FileMetadata { Kind = FileKind.Directory, SetOwner = true, UserId = His, Mode = 0x1ED });
        }

        using (var file = disk.OpenOrCreate(Archive))
        {
            file.Write(new byte[1024], 0);
        }

        IFileSystem saved = isComplete ? disk : new RacingFileSystem(disk, moment =>
        {
            if (moment is { Operation: nameof(IDirectory.OpenFile), Name: "inner" })
            {
                throw new FileSystemException(FileError.AccessDenied, "open", "inner", "as planned by the test");
            }
        });
        var report = new VolumeBackup(saved, Config, new BackupOptions { Readers = 1 }, SilentReporter.Instance).Run(Archive, CancellationToken.None);
        Assert.Equal(isComplete, report.Volumes[0].Complete);
        return disk;
    }

    /// <summary>Something to be restored, and what is root's.</summary>
    private static void Change(MemoryFileSystem disk, bool isThere)
    {
        using var home = disk.OpenDirectory(Home);
        if (!isThere)
        {
            foreach (string name in new[] { "file", "second name", "link", "fifo" })
            {
                home.RemoveFile(Encoding.ASCII.GetBytes(name));
            }
        }

        File(home, "treasure", 0, 0x180);
        Folder(home, "chest", 0, 0x1C0);
        using var chest = home.OpenDirectory("chest"u8);
        File(chest, "secret", 0, 0x1A4);
    }

    private static void File(IDirectory directory, string name, uint owner, int mode)
    {
        using var file = directory.CreateFile(Encoding.ASCII.GetBytes(name), mode);
        file.Write(Encoding.ASCII.GetBytes(name), 0);
        file.SetMetadata(new FileMetadata { Kind = FileKind.Regular, SetOwner = true, UserId = owner, Mode = mode });
    }

    private static void Folder(IDirectory directory, string name, uint owner, int mode)
    {
        directory.CreateDirectory(Encoding.ASCII.GetBytes(name), mode);
        using var folder = directory.OpenDirectory(Encoding.ASCII.GetBytes(name));
        folder.SetMetadata(new FileMetadata { Kind = FileKind.Directory, SetOwner = true, UserId = owner, Mode = mode });
    }

    private static string[] Names(MemoryFileSystem disk)
    {
        if (!disk.TryGetStatus(Home, out _))
        {
            return [];
        }

        using var home = disk.OpenDirectory(Home);
        var listing = home.List();
        return [.. Enumerable.Range(0, listing.Count).Select(i => Encoding.ASCII.GetString(listing.NameOf(i).Span))];
    }

    private static FileId Id(MemoryFileSystem disk, string name)
    {
        Assert.True(disk.TryGetStatus($"{Home}/{name}", out var status));
        return status.Id;
    }

    private static bool Exchange(MemoryFileSystem disk, string one, string other)
    {
        try
        {
            using var home = disk.OpenDirectory(Home);
            home.Rename(Encoding.ASCII.GetBytes(one), home, "aside"u8);
            home.Rename(Encoding.ASCII.GetBytes(other), home, Encoding.ASCII.GetBytes(one));
            home.Rename("aside"u8, home, Encoding.ASCII.GetBytes(other));
            return true;
        }
        catch (FileSystemException)
        {
            // The folder, or root's things, are gone already.
            return false;
        }
    }

    private static void AreClosed(MemoryFileSystem disk, string path, Dictionary<FileId, string> treasures, string what)
    {
        using var directory = disk.OpenDirectory(path);
        var listing = directory.List();
        for (int i = 0; i < listing.Count; i++)
        {
            var name = listing.NameOf(i).Span;
            Assert.True(directory.TryGetStatus(name, out var status));
            string child = Path.Join(path, Encoding.UTF8.GetString(name));
            if (treasures.TryGetValue(status.Id, out string? treasure))
            {
                Assert.True(status.UserId == 0 && (status.Mode & 0x3F) == 0, $"{what}: {treasure} stands at {child}, of user {status.UserId}, mode {Convert.ToString(status.Mode, 8)}");
            }

            if (status.Kind == FileKind.Directory)
            {
                AreClosed(disk, child, treasures, what);
            }
        }
    }

    private static VolumeConfig Config => new() { Prefix = "volumes", Volumes = [new VolumeSpec { Target = Volume }] };

    private static VolumeReport Restore(IFileSystem fileSystem, RestoreOptions options)
    {
        var restore = new VolumeRestore(fileSystem, Archive, Config, options with { Writers = 1 });
        return Assert.Single(restore.Execute(restore.Plan(CancellationToken.None), SilentReporter.Instance, CancellationToken.None).ToList());
    }
}
