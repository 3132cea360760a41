using System.Text;
using CsCheck;
using Snapshotter.Engine.Entries;
using Snapshotter.Engine.Tests.Support;

namespace Snapshotter.Engine.Tests.FileSystem;

[OnWindowsToo]
public class PosixAclTests
{
    private const string Full = "user::rw-,user:1000:rw-,group::r--,group:33:r--,mask::rw-,other::r--";

    private static readonly byte[] FullValue = Convert.FromHexString(
        "0200000001000600ffffffff02000600e803000004000400ffffffff080004002100000010000600ffffffff20000400ffffffff");

    [Fact]
    public void The_text_of_a_value_from_the_kernel()
    {
        Assert.True(PosixAcl.TryFormat(FullValue, out var text));
        Assert.Equal(Full, Encoding.ASCII.GetString(text));
    }

    public static TheoryData<string> SpellingsOfFull =>
    [
        Full,
        "user::rw-\nuser:1000:rw-\ngroup::r--\ngroup:33:r--\nmask::rw-\nother::r--\n",
        "other::r--,mask::rw-,group:33:r--,group::r--,user:1000:rw-,user::rw-",
        "u::rw-,u:1000:rw-,g::r--,g:33:r--,m::rw-,o::r--",
        "user::rw,user:1000:wr,group::r,group:33:r,mask:rw-,other:r--",
        "# file: x\nuser::rw-\n user:1000:rw-\t#effective:rw-\n\ngroup::r-- # comment\ngroup:33:r--\r\nmask::rw-\nother::r--",
        "user::rw-,user:alice:rw-,group::r--,group:www:r--,mask::rw-,other::r--",
        "user::rw-,user:nobody-here:rw-:1000,group::r--,group:nor-there:r--:33,mask::rw-,other::r--",
        "user::rw-,user:1000:rw-:1000,group::r--,group:33:r--:33,mask::rw-,other::r--",
    ];

    [Theory]
    [MemberData(nameof(SpellingsOfFull))]
    public void The_value_of_a_text(string text)
    {
        Assert.True(PosixAcl.TryParse(Encoding.UTF8.GetBytes(text), Resolve, out var value));
        Assert.Equal(FullValue, value);
    }

    public static TheoryData<string> Nonsense =>
    [
        "",
        ",",
        "user",
        "user::rw-",
        "user::rw-,group::r--",
        "user::rw-,group::r--,other::r--,user:1000:r--",
        "user::rw-,user::rw-,group::r--,other::r--",
        "user::rw-,user:5:r--,user:5:r--,group::r--,mask::r--,other::r--",
        "user::rw-,group::r--,mask::r--,mask::r--,other::r--",
        "user::rw-,group::r--,other::rwxr",
        "user::rw-,group::r--,other::q--",
        "user::rw-,group::r--,other::",
        "user::rw-,group::r--,other:x:r--",
        "user::rw-:7,group::r--,other::r--",
        "owner::rw-,group::r--,other::r--",
        "user::rw-,user:nobody-here:r--,group::r--,mask::r--,other::r--",
        "user::rw-,user:4294967295:r--,group::r--,mask::r--,other::r--",
        "user::rw-,user:99999999999:r--,group::r--,mask::r--,other::r--",
        "user::rw-,user:-1:r--,group::r--,mask::r--,other::r--",
        "default:user::rw-,group::r--,other::r--",
        "user:a:b:c:d:e,group::r--,other::r--",
    ];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void What_is_no_acl_is_refused(string text)
    {
        Assert.False(PosixAcl.TryParse(Encoding.UTF8.GetBytes(text), Resolve, out var value));
        Assert.Empty(value);
    }

    public static TheoryData<string> NonsenseValues =>
    [
        "",
        "02",
        "02000000",
        "0300000001000600ffffffff04000400ffffffff20000400ffffffff",
        "0200000001000600ffffffff04000400ffffffff20000400ffffff",
        "0200000001000600ffffffff04000800ffffffff20000400ffffffff",
        "0200000001000600ffffffff05000400ffffffff20000400ffffffff",
        "0200000004000400ffffffff01000600ffffffff20000400ffffffff",
        "0200000001000600ffffffff02000600e803000004000400ffffffff20000400ffffffff",
    ];

    [Theory]
    [MemberData(nameof(NonsenseValues))]
    public void A_value_that_is_no_acl_is_refused(string hexadecimal)
    {
        Assert.False(PosixAcl.TryFormat(Convert.FromHexString(hexadecimal), out var text));
        Assert.Empty(text);
    }

    [Fact]
    public void Without_a_resolver_names_are_refused_and_numbers_are_not()
    {
        Assert.True(PosixAcl.TryParse(Encoding.UTF8.GetBytes(Full), null, out _));
        Assert.False(PosixAcl.TryParse("user::rw-,user:alice:r--,group::r--,mask::r--,other::r--"u8, null, out _));
    }

    [Fact]
    public void More_entries_than_an_attribute_can_hold_are_refused()
    {
        Assert.True(PosixAcl.TryParse(WithNamed(8187), null, out var value));
        Assert.Equal(65532, value.Length);
        Assert.False(PosixAcl.TryParse(WithNamed(8188), null, out _));

        static byte[] WithNamed(int count)
        {
            var named = string.Concat(Enumerable.Range(1, count).Select(id => $"user:{id}:r--,"));
            return Encoding.ASCII.GetBytes($"user::rw-,{named}group::r--,mask::r--,other::r--");
        }
    }

    [Fact]
    public void Text_and_value_say_the_same_for_any_acl()
    {
        var named = Gen.Select(Gen.UInt[0, 4_294_967_294], Gen.Int[0, 7]);
        Gen.Select(named.Array[0, 5], named.Array[0, 5], Gen.Int[0, 7].Array[4]).Sample((users, groups, permissions) =>
        {
            var text = $"user::{Rwx(permissions[0])},"
                + string.Concat(users.DistinctBy(u => u.Item1).OrderBy(u => u.Item1).Select(u => $"user:{u.Item1}:{Rwx(u.Item2)},"))
                + $"group::{Rwx(permissions[1])},"
                + string.Concat(groups.DistinctBy(g => g.Item1).OrderBy(g => g.Item1).Select(g => $"group:{g.Item1}:{Rwx(g.Item2)},"))
                + $"mask::{Rwx(permissions[2])},other::{Rwx(permissions[3])}";
            Assert.True(PosixAcl.TryParse(Encoding.ASCII.GetBytes(text), null, out var value));
            Assert.True(PosixAcl.TryFormat(value, out var back));
            Assert.Equal(text, Encoding.ASCII.GetString(back));
        });
    }

    [Fact]
    public void Any_bytes_give_an_answer()
    {
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            _ = PosixAcl.TryParse(bytes, Resolve, out _);
            if (PosixAcl.TryFormat(bytes, out var text))
            {
                Assert.True(PosixAcl.TryParse(text, null, out _));
            }
        });
    }

    private static string Rwx(int permissions) =>
        $"{((permissions & 4) != 0 ? 'r' : '-')}{((permissions & 2) != 0 ? 'w' : '-')}{((permissions & 1) != 0 ? 'x' : '-')}";

    private static uint? Resolve(bool isGroup, ReadOnlySpan<byte> name) => (isGroup, Encoding.UTF8.GetString(name)) switch
    {
        (false, "alice") => 1000,
        (true, "www") => 33,
        _ => null,
    };
}
