using Snapshotter.Engine.Tests.Entries;
using Snapshotter.Engine.Tests.Restoring;
using Snapshotter.Engine.Tests.Retention;
using Snapshotter.Engine.Tests.RoundTrips;
using Snapshotter.Engine.Tests.Saving;


namespace Snapshotter.Engine.Tests.Strict;

// The suites that restore, optimize and save, once more on the strict file system: as NTFS is, and ("Scanned") as a drive where
// nothing that is open can be replaced, and where others lock things for moments all the while.

public sealed class AnywhereStrictTests : AnywhereTests
{
    public AnywhereStrictTests() => StrictRun.Begin();
}

public sealed class AnywhereScannedTests : AnywhereTests
{
    public AnywhereScannedTests() => StrictRun.Begin(seed: 1, replacesOpenFiles: false);
}

public sealed class VolumeRetentionStrictTests : VolumeRetentionTests
{
    public VolumeRetentionStrictTests() => StrictRun.Begin();
}

public sealed class VolumeRetentionScannedTests : VolumeRetentionTests
{
    public VolumeRetentionScannedTests() => StrictRun.Begin(seed: 1, replacesOpenFiles: false);
}

public sealed class RestoreOptionsStrictTests : RestoreOptionsTests
{
    public RestoreOptionsStrictTests() => StrictRun.Begin();
}

public sealed class RestoreOptionsScannedTests : RestoreOptionsTests
{
    public RestoreOptionsScannedTests() => StrictRun.Begin(seed: 1, replacesOpenFiles: false);
}

public sealed class StagingStrictTests : StagingTests
{
    public StagingStrictTests() => StrictRun.Begin();
}

public sealed class IncompleteGenerationStrictTests : IncompleteGenerationTests
{
    public IncompleteGenerationStrictTests() => StrictRun.Begin();
}

public sealed class EntryStrictTests : EntryTests
{
    public EntryStrictTests() => StrictRun.Begin();
}

public sealed class EntryScannedTests : EntryTests
{
    public EntryScannedTests() => StrictRun.Begin(seed: 1, replacesOpenFiles: false);
}

public sealed class ArchiveAsVolumeStrictTests : ArchiveAsVolumeTests
{
    public ArchiveAsVolumeStrictTests() => StrictRun.Begin();
}

public sealed class OwnArchiveStrictTests : OwnArchiveTests
{
    public OwnArchiveStrictTests() => StrictRun.Begin();
}

public sealed class MovedWhileWalkedStrictTests : MovedWhileWalkedTests
{
    public MovedWhileWalkedStrictTests() => StrictRun.Begin();
}
