namespace Snapshotter.Engine.Volumes;

/// <summary>
/// Patterns of paths below a volume's root. <c>*</c> and <c>?</c> match within a name, <c>[a-z]</c> and <c>[!a]</c> a
/// character, <c>**</c> any number of names. A pattern without a slash matches a name at any depth; one with a slash is
/// anchored at the volume's root; a trailing slash matches directories only. A directory that matches takes everything
/// below it along.
/// </summary>
public sealed class GlobSet
{
}
