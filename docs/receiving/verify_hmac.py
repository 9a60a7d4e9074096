# Hexadecimal HMAC-SHA256 signatures in Python: `sha256=…` or bare in a header, or as the last member of the body.
import hashlib
import hmac
import re


def is_signed(secret, header, body, prefix="sha256="):
    """Whether a header holds the signature of a body.

    secret: the whole text, even when it begins with `whsec_`. header: as it came. body: the bytes as they came.
    prefix: `sha256=`, or an empty text where the header is the bare signature.
    """
    # Without a key everybody could sign: a secret that is not set must not let anything in.
    if not secret:
        raise ValueError("The webhook secret is empty.")
    expected = prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest((header or "").encode(), expected.encode())


def is_signed_inside(secret, body):
    """For bodies that hold their own `signature` as the last member: it signs the text without that member."""
    found = re.fullmatch(rb'(\{.*),"signature":"(sha256=[0-9a-f]{64})"\}', body, re.DOTALL)
    return found is not None and is_signed(secret, found[2].decode(), found[1] + b"}")
