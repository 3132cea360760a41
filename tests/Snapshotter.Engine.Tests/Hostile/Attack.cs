using Snapshotter.Engine.Reporting;
using Snapshotter.Engine.Tar;
using Snapshotter.Fuzz;

namespace Snapshotter.Engine.Tests.Hostile;

/// <summary>One way to do harm with an archive, and what must come of it.</summary>
/// <param name="Build">Forges the entries of the volume; its root is there already.</param>
/// <param name="Native">The error in an archive of ours; null when the entries can be restored without harm.</param>
/// <param name="Foreign">The error in an archive of another program, where entries outside all volumes are passed over.</param>
internal sealed record Attack(Action<ArchiveForge> Build, BackupError? Native, BackupError? Foreign)
{
    private const string Out = "../outside";

    public static IReadOnlyDictionary<string, Attack> All { get; } = new Dictionary<string, Attack>
    {
        ["dot-dot"] = Unsafe(f => f.File("../escaped")),
        ["dot-dot deeper"] = Unsafe(f => f.Directory("a").File("a/../../escaped")),
        ["dot-dot as a directory"] = Unsafe(f => f.Directory("..")),
        ["dot-dot by pax path"] = Unsafe(f => f.Pax(("path", f.Root + "/../../../escaped")).File("a")),
        ["dot-dot to another volume"] = Unsafe(f => f.File(f.NameOf("../other/x"), [1])),
        ["absolute name"] = Strange(f => f.File(ArchiveForge.Bytes("/tmp/snapshotter-escaped"), [1])),
        ["absolute below the root"] = Harmless(f => f.File("//tmp/snapshotter-escaped")),
        ["prefix without a separator"] = Strange(f => f.File(ArchiveForge.Bytes(f.Root + "-evil/x"), [1])),
        ["prefix without a separator, link"] = Unsafe(f => f.Header(Link(f, "h", f.Root + "-evil/x"))),
        ["write through a link"] = Unsafe(f => f.SymbolicLink("l", Out).File("l/x", "evil")),
        ["write through an absolute link"] = Unsafe(f => f.SymbolicLink("l", "/tmp").File("l/snapshotter-escaped", "evil")),
        ["directory below a link"] = Unsafe(f => f.SymbolicLink("l", Out).Directory("l/d").File("l/d/y", "evil")),
        ["directory over a link"] = Unsafe(f => f.SymbolicLink("l", Out).Directory("l")),
        ["link over a directory"] = Unsafe(f => f.Directory("l").SymbolicLink("l", Out).File("l/x", "evil")),
        ["link over a directory, later"] = Unsafe(f => f.File("l/a").File("m").SymbolicLink("l", Out)),
        ["two-step link"] = Unsafe(f => f.SymbolicLink("a", "b").SymbolicLink("b", Out).File("a/x", "evil")),
        ["two-step link, turned"] = Unsafe(f => f.SymbolicLink("b", Out).SymbolicLink("a", "b/d").File("a/y", "evil")),
        ["link to the volume's parent"] = Unsafe(f => f.SymbolicLink("l", "..").File("l/outside/x", "evil")),
        ["hard link through a link"] = Unsafe(f => f.SymbolicLink("l", Out).HardLink("h", "l/x")),
        ["hard link to a link, then a file"] = Harmless(f => f.SymbolicLink("l", Out + "/x").HardLink("h", "l").File("h", "evil")),
        ["file over a link"] = Harmless(f => f.SymbolicLink("l", Out + "/x").File("l", "evil")),
        ["hard link outside"] = Unsafe(f => f.Header(Link(f, "h", "../outside/x"))),
        ["hard link to an absolute path"] = Unsafe(f => f.Header(Link(f, "h", "/etc/passwd"))),
        ["hard link with dot-dot"] = Unsafe(f => f.Header(Link(f, "h", f.Root + "/../../outside/x"))),
        ["hard link to what was in the volume before"] = Unsafe(f => f.HardLink("h", "old")),
        ["hard link to the root"] = Unsafe(f => f.Header(Link(f, "h", f.Root))),
        ["hard link to itself"] = Unsafe(f => f.HardLink("h", "h")),
        ["hard link to a directory"] = Unsafe(f => f.Directory("d").HardLink("h", "d")),
        ["file replaces a parent"] = Unsafe(f => f.File("a/b").File("a")),
        ["file replaces a parent far up"] = Unsafe(f => f.File("a/b/c/d").File("z").File("a", "evil")),
        ["file below a file"] = Unsafe(f => f.File("a").File("a/b")),
        ["file below a fifo"] = Unsafe(f => f.Header(new ForgedHeader(f.NameOf("p"), TypeFlag.Fifo)).File("p/x")),
        ["file below a hard link"] = Unsafe(f => f.File("a").HardLink("b", "a").File("b/x")),
        ["root is a link"] = Unsafe(f => f.SymbolicLink("", Out).File("x", "evil")),
        ["root is a file"] = Unsafe(f => f.File("", "evil")),
        ["names twice"] = Harmless(f => f.File("a", "first").File("b").File("a", "second")),
        ["backslashes"] = Harmless(f => f.File("..\\..\\escaped").File("C:..\\escaped")),
        ["NUL in a pax path"] = Invalid(f => f.Pax(("path", f.Root + "/a\0/../../x")).File("a")),
        ["NUL in a pax linkpath"] = Invalid(f => f.Pax(("linkpath", "a\0b")).SymbolicLink("a", "b")),
        ["staging folder"] = Harmless(f => f.Directory(Staging).File(Staging + "/swap", "").Directory(Staging + "/old")
            .Directory(Staging + "/new").File(Staging + "/new/x", "evil").Directory(Staging + "/root")),
        ["existing links are not followed"] = Harmless(f => f.Directory("out").File("out/x", "evil").Directory("d").File("d/up/x", "evil").File("x", "evil")),
        ["negative size"] = Invalid(f => f.RawHeader(new ForgedHeader(f.NameOf("a"), TypeFlag.Regular) { Size = -512 })),
        ["huge size"] = Invalid(f => f.RawHeader(new ForgedHeader(f.NameOf("a"), TypeFlag.Regular) { Size = long.MaxValue })),
        ["negative pax size"] = Invalid(f => f.Pax(("size", "-1")).File("a")),
        ["pax size beyond the header's"] = Harmless(f => f.Pax(("size", "1024"))
            .RawHeader(new ForgedHeader(f.NameOf("a"), TypeFlag.Regular)).Append(Hidden(f)).Append(new byte[512])),
        ["pax size below the header's"] = Harmless(f => f.Pax(("size", "0"))
            .RawHeader(new ForgedHeader(f.NameOf("a"), TypeFlag.Regular) { Size = 512 }).File("b")),
        ["pax size of a pax header"] = Harmless(f => f.Pax(("size", "1000000")).Pax(("comment", "the size above is not for me"), ("size", "7")).File("a", "content")),
        ["global pax size"] = Invalid(f => f.RawHeader(new ForgedHeader("g"u8.ToArray(), TypeFlag.PaxGlobalHeader) { Size = 11 }).Data("11 size=512\n"u8[..11]).File("a")),
        ["name of 256 bytes"] = Unsafe(f => f.File(new string('n', 256))),
        ["half a million components"] = Unsafe(f => f.File(new string('/', 1).Insert(0, string.Concat(Enumerable.Repeat("a/", 500_000))) + "x")),
        ["empty link target"] = Unsafe(f => f.SymbolicLink("l", "")),
        ["link target of 5000 bytes"] = Unsafe(f => f.SymbolicLink("l", new string('t', 5000))),
        ["device number out of range"] = Unsafe(f => f.Header(new ForgedHeader(f.NameOf("n"), TypeFlag.CharacterDevice) { DeviceMajor = 0x1000 })),
        ["sparse file of exabytes"] = new(
            f => f.Pax(("GNU.sparse.size", "9000000000000000000"), ("GNU.sparse.numblocks", "0"))
                .RawHeader(new ForgedHeader(f.NameOf("s"), TypeFlag.Regular)),
            BackupError.InsufficientSpace, BackupError.InsufficientSpace),
        ["sparse map out of order"] = Invalid(f => f.Pax(("GNU.sparse.size", "8192"), ("GNU.sparse.map", "4096,512,0,512"))
            .RawHeader(new ForgedHeader(f.NameOf("s"), TypeFlag.Regular) { Size = 1024 }).Data(new byte[1024])),
        ["sparse map that overflows"] = Invalid(f => f.Pax(("GNU.sparse.size", "8192"), ("GNU.sparse.map", "9223372036854775807,512"))
            .RawHeader(new ForgedHeader(f.NameOf("s"), TypeFlag.Regular) { Size = 512 }).Data(new byte[512])),
        ["sparse map beyond its entry"] = Invalid(f => f
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "8192"))
            .RawHeader(new ForgedHeader(f.NameOf("s"), TypeFlag.Regular) { Size = 512 }).Data("400000\n"u8)),
        ["pax body of a gigabyte"] = Invalid(f => f.RawHeader(new ForgedHeader("x"u8.ToArray(), TypeFlag.PaxHeader) { Size = 1 << 30 })),
        ["long name of a gigabyte"] = Invalid(f => f.RawHeader(new ForgedHeader("L"u8.ToArray(), TypeFlag.GnuLongName) { Size = 1 << 30 })),
        ["pax record longer than its header"] = Invalid(f => f.RawHeader(new ForgedHeader("x"u8.ToArray(), TypeFlag.PaxHeader) { Size = 20 })
            .Data("99999999 path=aaaaa\n"u8).File("a")),
        ["header with a wrong checksum"] = Invalid(f => f.Append(Enumerable.Repeat((byte)'A', 512).ToArray())),
    };

    private static string Staging => ".snapshotter-" + Engine.Archive.EntryNames.IdOf(HostileScene.Target);

    private static Attack Unsafe(Action<ArchiveForge> build) => new(build, BackupError.UnsafeEntry, BackupError.UnsafeEntry);

    /// <summary>Not in the volume at all: in our own archive a sign of harm, in another's something else.</summary>
    private static Attack Strange(Action<ArchiveForge> build) => new(build, BackupError.UnsafeEntry, null);

    private static Attack Invalid(Action<ArchiveForge> build) => new(build, BackupError.ArchiveInvalid, BackupError.ArchiveInvalid);

    private static Attack Harmless(Action<ArchiveForge> build) => new(build, null, null);

    private static ForgedHeader Link(ArchiveForge forge, string path, string target) =>
        new(forge.NameOf(path), TypeFlag.HardLink) { LinkName = ArchiveForge.Bytes(target) };

    /// <summary>A header that only a reader sees which takes the data for entries.</summary>
    private static byte[] Hidden(ArchiveForge forge) =>
        new ArchiveForge().RawHeader(new ForgedHeader(forge.NameOf("hidden"), TypeFlag.Regular)).ToArray()[..512];
}
