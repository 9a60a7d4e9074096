// Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class Harness {
  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = line.split("\t", -1);
      Map<String, String> headers = new HashMap<>();
      String[] names = {"webhook-id", "webhook-timestamp", "webhook-signature"};
      for (int i = 0; i < names.length; i++) {
        if (!fields[i + 1].isEmpty()) headers.put(names[i], text(fields[i + 1]));
      }
      List<String> secrets = List.of(text(fields[0]).split(",", -1));
      Instant now = Instant.ofEpochSecond(Long.parseLong(text(fields[5])));
      System.out.println(Verify.isGenuine(secrets, headers, Base64.getDecoder().decode(fields[4]), now));
    }
  }

  private static String text(String field) {
    return new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
  }
}
