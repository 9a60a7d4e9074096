# Standard Webhooks in Ruby (2.7 and later), by the standard library alone.
require "openssl"

TOLERANCE_SECONDS = 5 * 60

# Whether a webhook is genuine. secrets: a list of `whsec_…`, several while you rotate. headers: names in lower case.
# body: the bytes as they came (in Rack: request.body.read), never parsed and written again.
def genuine?(secrets, headers, body, now = Time.now.to_i)
  id = headers["webhook-id"].to_s
  timestamp = headers["webhook-timestamp"].to_s
  return false if id.empty? || !timestamp.match?(/\A[0-9]{1,12}\z/)
  # An old request that somebody recorded is refused.
  return false if (now - timestamp.to_i).abs > TOLERANCE_SECONDS

  signed = "#{id}.#{timestamp}.".b + body.b
  keys = secrets.map { |secret| secret.delete_prefix("whsec_").unpack1("m") }
  # Without a key everybody could sign: a secret that is not set must not let anything in.
  raise ArgumentError, "The webhook secret is empty." if keys.any?(&:empty?)

  expected = keys.map { |key| [OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0") }
  # The header holds one signature for each secret that is valid now: one that matches is enough.
  headers["webhook-signature"].to_s.split(" ").any? do |signature|
    given = signature.delete_prefix("v1,")
    signature.start_with?("v1,") && expected.any? do |one|
      given.bytesize == one.bytesize && OpenSSL.fixed_length_secure_compare(given, one)
    end
  end
end
