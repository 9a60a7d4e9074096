// Standard Webhooks in Java (11 and later), by the standard library alone.
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Verify {
  private static final long TOLERANCE_SECONDS = 5 * 60;

  private Verify() {}

  /**
   * Whether a webhook is genuine. Secrets are `whsec_…`, several while you rotate; names of headers are in lower case; the
   * body is the bytes as they came, never parsed and written again.
   */
  public static boolean isGenuine(List<String> secrets, Map<String, String> headers, byte[] body, Instant now)
      throws GeneralSecurityException {
    String id = headers.get("webhook-id");
    String timestamp = headers.get("webhook-timestamp");
    String signatures = headers.get("webhook-signature");
    if (id == null || id.isEmpty() || signatures == null) return false;
    if (timestamp == null || !timestamp.matches("[0-9]{1,12}")) return false;
    // An old request that somebody recorded is refused.
    if (Math.abs(now.getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE_SECONDS) return false;
    for (String secret : secrets) {
      byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
      // Without a key everybody could sign: a secret that is not set must not let anything in.
      if (key.length == 0) continue;
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      byte[] expected = Base64.getEncoder().encode(mac.doFinal(body));
      // The header holds one signature for each secret that is valid now: one that matches is enough.
      for (String signature : signatures.split(" ")) {
        if (!signature.startsWith("v1,")) continue;
        byte[] given = signature.substring(3).getBytes(StandardCharsets.UTF_8);
        // isEqual takes the same time wherever the two differ.
        if (MessageDigest.isEqual(given, expected)) return true;
      }
    }
    return false;
  }
}
