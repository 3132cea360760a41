namespace Snapshotter.Engine.Tests.Support;

/// <summary>Everything that can be told of a tree from outside: what a restore must bring back.</summary>
internal static class TreeProof
{
    /// <summary>Names, types, modes, owners, times, link targets, link counts, attributes, ACLs, contents and hard-link groups.</summary>
    public static string Of(string folder) => Tool.Bash(
        folder,
        """
        export LC_ALL=C
        find . -mindepth 0 -printf '%P %y %m %U %G %T@ %s %l %n\n' | sed '/ d /s/ \([^ ]*\) \([^ ]*\)  \([0-9]*\)$/ \3/' | sort
        find . -type f -links +1 -printf '%P %i\n' | sort | awk '{ if (!($NF in n)) n[$NF] = ++c; $NF = n[$NF]; print }'
        find . -type f -print0 | sort -z | xargs -0r sha256sum
        find . -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex -- 2>/dev/null
        find . ! -type l -print0 | sort -z | xargs -0r getfacl -pn -- 2>/dev/null
        """).Succeeds().Output;

    /// <summary>Allocated blocks of each file: holes must stay holes.</summary>
    public static string Blocks(string folder) => Tool.Bash(
        folder, "find . -type f -size +64k -printf '%P %b\n' | sort").Succeeds().Output;
}
