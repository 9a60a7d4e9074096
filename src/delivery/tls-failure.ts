// Why did TLS fail? OpenSSL's and Node's codes, said so that the owner of an endpoint can act on them.

export type TlsMeaning = { code: string; message: string };

/** The meaning of an error of TLS by its code: `tls_expired`, `tls_host`, …, or plain `tls`. */
export function tlsMeaningOf(error: unknown): TlsMeaning {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return meaningByCode[code] ?? (isRefusal(code) ? clientCertificate : general);
}

const general: TlsMeaning = {
  code: "tls",
  message: "The TLS handshake failed, or the certificate is not valid.",
};
const expired: TlsMeaning = { code: "tls_expired", message: "The receiver's certificate has expired." };
const selfSigned: TlsMeaning = {
  code: "tls_self_signed",
  message: "The receiver's certificate is self-signed, or its authority is not a trusted one.",
};
const untrusted: TlsMeaning = {
  code: "tls_untrusted",
  message:
    "The receiver's certificate is signed by no trusted authority, or the receiver leaves out intermediate ones.",
};
const host: TlsMeaning = {
  code: "tls_host",
  message: "The receiver's certificate is for another host name than the URL's.",
};
const version: TlsMeaning = {
  code: "tls_version",
  message: "The receiver does not speak TLS 1.2 or later on this port.",
};
const clientCertificate: TlsMeaning = {
  code: "tls_client_certificate",
  message: "The receiver wants a client certificate, or does not accept the one that it was shown.",
};

/** Codes by Node's documentation of TLS (`X509 certificate error codes`) and OpenSSL's reasons. */
const meaningByCode: { readonly [code: string]: TlsMeaning } = {
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: { code: "tls_not_yet_valid", message: "The receiver's certificate is not valid yet." },
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: selfSigned,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  INVALID_CA: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: host,
  HOSTNAME_MISMATCH: host,
  ERR_SSL_UNSUPPORTED_PROTOCOL: version,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: version,
  ERR_SSL_WRONG_VERSION_NUMBER: version,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: version,
};

/** Alerts by which a receiver refuses us (RFC 8446 §6.2): certificates that are missing, unknown, expired or not wanted. */
function isRefusal(code: string): boolean {
  return /^ERR_SSL_.*ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(
    code,
  );
}
