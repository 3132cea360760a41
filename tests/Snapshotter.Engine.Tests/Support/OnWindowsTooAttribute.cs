using Xunit.v3;

namespace Snapshotter.Engine.Tests.Support;

/// <summary>
/// Marks a class whose tests run on Windows as well, and under Wine: those of the other classes expect links, owners and
/// programs of Unix. <c>--filter Runs=anywhere</c> and <c>-trait Runs=anywhere</c> choose them.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class OnWindowsTooAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Runs", "anywhere")];
}
