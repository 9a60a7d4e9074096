# Standard Webhooks in Python, by the standard library alone.
import base64
import hashlib
import hmac
import re
import time

TOLERANCE_SECONDS = 5 * 60


def is_genuine(secrets, headers, body, now=None):
    """Whether a webhook is genuine.

    secrets: a list of `whsec_…`, several while you rotate. headers: names in lower case.
    body: the bytes as they came, never parsed and written again.
    """
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp") or ""
    signatures = headers.get("webhook-signature")
    if not message_id or not signatures or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    # An old request that somebody recorded is refused.
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    # Without a key everybody could sign: a secret that is not set must not let anything in.
    if not all(keys):
        raise ValueError("The webhook secret is empty.")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    # The header holds one signature for each secret that is valid now: one that matches is enough.
    return any(
        hmac.compare_digest(signature[3:].encode(), one)
        for signature in signatures.split(" ")
        if signature.startswith("v1,")
        for one in expected
    )
