using System.Text;

namespace Snapshotter.Fuzz;

/// <summary>Changes YAML texts: pieces of syntax put in, parts doubled, left out or replaced.</summary>
internal sealed class TextMutator(IReadOnlyList<byte[]> seeds)
{
    private static readonly string[] Pieces =
    [
        "- ", "\n", ": ", "&a ", "*a", "!!binary ", "!<x> ", "? ", "| ", ">-\n ", "'", "\"", "{", "}", "[", "]", ",", "#", "---\n", "...\n",
        "%TAG ! x\n", "%YAML 9.9\n", "\t", "\r", "\0", "\uFEFF", "\\ud800", "\\U00110000", "~", "null", "..", "//", "<<: *a\n", "[[[[[[[[[[[[[[[[",
        "- - - - - - - - ", "{a: {b: {c: {d: ", "99999999999999999999", "-1", "\u0085", "\u2028", "\\", "!", "@", "`", "id: x\n", "  type: dir\n",
        "  target: /x\n", "offset: 0\n", "created: 9999-12-31T23:59:59Z\n", "keep: ", "volumes: ", "prefix: ", "exclude: ", "target: ",
    ];

    public byte[] Mutate(Random random)
    {
        var text = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (int changes = random.Next(1, 8); changes > 0 && text.Count > 0; changes--)
        {
            int at = random.Next(text.Count);
            int length = Math.Min(random.Next(1, 40), text.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    text.RemoveRange(at, length);
                    break;
                case 1:
                    text.InsertRange(at, text.GetRange(at, length));
                    break;
                case 2:
                    text[at] = (byte)random.Next(256);
                    break;
                case 3:
                    byte[] piece = Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]);
                    for (int times = random.Next(8) == 0 ? random.Next(1, 200) : 1; times > 0; times--)
                    {
                        text.InsertRange(at, piece);
                    }

                    break;
                case 4:
                    byte[] other = seeds[random.Next(seeds.Count)];
                    int start = random.Next(other.Length);
                    text.InsertRange(at, other[start..Math.Min(other.Length, start + random.Next(100))]);
                    break;
                default:
                    text.RemoveRange(at, random.Next(10) == 0 ? text.Count - at : 1);
                    break;
            }
        }

        return [.. text];
    }
}
