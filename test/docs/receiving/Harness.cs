// Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

public static class Harness
{
    private static readonly string[] Names = { "webhook-id", "webhook-timestamp", "webhook-signature" };

    public static void Main()
    {
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            var fields = line.Split('\t').Select(Convert.FromBase64String).ToArray();
            var texts = fields.Select(Encoding.UTF8.GetString).ToArray();
            var headers = new Dictionary<string, string>();
            for (var i = 0; i < Names.Length; i++)
            {
                if (texts[i + 1] != "") headers[Names[i]] = texts[i + 1];
            }
            var now = DateTimeOffset.FromUnixTimeSeconds(long.Parse(texts[5]));
            Console.WriteLine(Verify.IsGenuine(texts[0].Split(','), headers, fields[4], now) ? "true" : "false");
        }
    }
}
