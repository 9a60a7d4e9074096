<?php

// Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.

require $argv[1];

while (($line = fgets(STDIN)) !== false) {
    [$secrets, $id, $timestamp, $signature, $body, $now] = array_map('base64_decode', explode("\t", rtrim($line, "\n")));
    $headers = array_filter(
        ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signature],
        fn (string $value): bool => $value !== '',
    );
    echo is_genuine(explode(',', $secrets), $headers, $body, (int) $now) ? "true\n" : "false\n";
}
