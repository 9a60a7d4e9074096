# Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
require File.expand_path(ARGV[0])

$stdin.each_line do |line|
  secrets, id, timestamp, signature, body, now = line.chomp.split("\t", -1).map { |field| field.unpack1("m") }
  headers = { "webhook-id" => id, "webhook-timestamp" => timestamp, "webhook-signature" => signature }
  begin
    puts genuine?(secrets.split(",", -1), headers.reject { |_, value| value.empty? }, body, now.to_i)
  rescue ArgumentError
    puts false
  end
end
