<?php

// Standard Webhooks in PHP (8.0 and later), by what PHP brings alone.

const TOLERANCE_SECONDS = 5 * 60;

/**
 * Whether a webhook is genuine.
 *
 * $secrets: a list of `whsec_…`, several while you rotate. $headers: names in lower case.
 * $body: the bytes as they came, file_get_contents('php://input'), never parsed and written again.
 */
function is_genuine(array $secrets, array $headers, string $body, ?int $now = null): bool
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    $signatures = $headers['webhook-signature'] ?? '';
    if ($id === '' || preg_match('/\A[0-9]{1,12}\z/', $timestamp) !== 1) {
        return false;
    }
    // An old request that somebody recorded is refused.
    if (abs(($now ?? time()) - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/\Awhsec_/', '', $secret), true);
        // Without a key everybody could sign: a secret that is not set must not let anything in.
        if ($key === false || $key === '') {
            continue;
        }
        $expected = base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        // The header holds one signature for each secret that is valid now: one that matches is enough.
        foreach (explode(' ', $signatures) as $signature) {
            if (str_starts_with($signature, 'v1,') && hash_equals($expected, substr($signature, 3))) {
                return true;
            }
        }
    }
    return false;
}
