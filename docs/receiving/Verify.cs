// Standard Webhooks in C# (.NET Core 2.1 and later), by the base class library alone.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

public static class Verify
{
    private const long ToleranceSeconds = 5 * 60;

    /// <summary>
    /// Whether a webhook is genuine. Secrets are `whsec_…`, several while you rotate; names of headers are in lower case;
    /// the body is the bytes as they came, never parsed and written again.
    /// </summary>
    public static bool IsGenuine(
        IEnumerable<string> secrets, IReadOnlyDictionary<string, string> headers, byte[] body, DateTimeOffset now)
    {
        if (!headers.TryGetValue("webhook-id", out var id) || id.Length == 0) return false;
        if (!headers.TryGetValue("webhook-timestamp", out var timestamp)) return false;
        if (!headers.TryGetValue("webhook-signature", out var signatures)) return false;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        // An old request that somebody recorded is refused.
        if (Math.Abs(now.ToUnixTimeSeconds() - seconds) > ToleranceSeconds) return false;
        var signed = Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(body).ToArray();
        foreach (var secret in secrets)
        {
            var encoded = secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret.Substring("whsec_".Length) : secret;
            var key = Convert.FromBase64String(encoded);
            // Without a key everybody could sign: a secret that is not set must not let anything in.
            if (key.Length == 0) continue;
            byte[] expected;
            using (var hmac = new HMACSHA256(key))
            {
                expected = Encoding.ASCII.GetBytes(Convert.ToBase64String(hmac.ComputeHash(signed)));
            }
            // The header holds one signature for each secret that is valid now: one that matches is enough.
            foreach (var signature in signatures.Split(' '))
            {
                if (!signature.StartsWith("v1,", StringComparison.Ordinal)) continue;
                var given = Encoding.UTF8.GetBytes(signature.Substring("v1,".Length));
                // FixedTimeEquals takes the same time wherever the two differ.
                if (CryptographicOperations.FixedTimeEquals(given, expected)) return true;
            }
        }
        return false;
    }
}
