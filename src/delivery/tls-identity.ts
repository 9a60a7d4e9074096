// With which certificate does a request show who sends it, and is that certificate one that can be used?
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import type { Finding } from "../model/problem.ts";

/** What a receiver's mutual TLS asks for. All texts are PEM. */
export type TlsIdentity = {
  /** Names this very content: another certificate, key or CA needs another id. Requests of one id share connections. */
  id: string;
  /** The client certificate, first, and the intermediate ones behind it. */
  cert: string;
  /** The private key, not encrypted. */
  key: string;
  /** Authorities that the receiver's certificate is checked against, instead of the usual ones. */
  ca?: string;
};

/** Longest PEM text that is taken, in characters: ten certificates of common size. */
export const pemCharsMax = 32 * 1024;

/** Versions below 1.2 are broken (RFC 8996). */
const oldestTls = "TLSv1.2";

/** What TLS is spoken with. Throws what OpenSSL throws for texts that `checkIdentity` has findings about. */
export function secureContextOf(identity: TlsIdentity | undefined, ca: string | undefined): SecureContext {
  const trusted = identity?.ca ?? ca;
  return createSecureContext({
    minVersion: oldestTls,
    ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
    ...(trusted === undefined ? {} : { ca: trusted }),
  });
}

/**
 * What is wrong with an identity that somebody gives; none when receivers can be spoken to with it. Pointers name its
 * members. `nowMs` is the wall clock, in milliseconds. Messages hold nothing of the key.
 */
export function checkIdentity(identity: Omit<TlsIdentity, "id">, nowMs: number): Finding[] {
  const tooLong = (["cert", "key", "ca"] as const).filter((name) => (identity[name]?.length ?? 0) > pemCharsMax);
  if (tooLong.length > 0) return tooLong.map((name) => finding(name, "tls.too_long", tooLongMessage));
  const chain = readCertificates(identity.cert);
  const key = readKey(identity.key);
  const findings = [
    ...(chain === undefined ? [finding("cert", "tls.certificate", certificateMessage)] : checkDates(chain, nowMs)),
    ...(key === undefined ? [keyFinding(identity.key)] : []),
    ...(identity.ca === undefined || readCertificates(identity.ca) ? [] : [finding("ca", "tls.ca", caMessage)]),
  ];
  const [leaf] = chain ?? [];
  if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
    findings.push(
      finding("key", "tls.key_mismatch", "The key is not the one that the first certificate was made for."),
    );
  }
  return findings.length > 0 ? findings : checkByUse(identity);
}

const tooLongMessage = `The text has more than ${pemCharsMax} characters.`;
const certificateMessage =
  "No certificate can be read: give PEM text, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.";
const caMessage = "The authorities' certificates cannot be read: give PEM text of one or more of them.";

/** OpenSSL refuses more than can be read: keys that are too small, digests that are broken. */
function checkByUse(identity: Omit<TlsIdentity, "id">): Finding[] {
  try {
    secureContextOf({ id: "", ...identity }, undefined);
    return [];
  } catch {
    const message = "The certificate and its key cannot be used for TLS: the key is too small, or the digest too old.";
    return [finding("cert", "tls.weak", message)];
  }
}

function checkDates(chain: readonly X509Certificate[], nowMs: number): Finding[] {
  const findings: Finding[] = [];
  for (const { validFrom, validTo } of chain) {
    if (Date.parse(validTo) <= nowMs) {
      findings.push(finding("cert", "tls.expired", `A certificate has expired: it was valid until ${validTo}.`));
    } else if (Date.parse(validFrom) > nowMs) {
      findings.push(finding("cert", "tls.not_yet_valid", `A certificate is valid from ${validFrom} only.`));
    }
  }
  return findings;
}

/** Every certificate of a PEM text; undefined when there is none, or one that cannot be read. */
function readCertificates(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const begun = pem.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (blocks.length === 0 || blocks.length !== begun) return undefined;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function readKey(pem: string): KeyObject | undefined {
  // The text decides its form: DER or a JSON Web Key would be read here and be refused later.
  if (!pem.includes("-----BEGIN")) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function keyFinding(pem: string): Finding {
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem);
  const message = isEncrypted
    ? "The key is encrypted: give it without its passphrase (`openssl pkey -in key.pem`)."
    : "No private key can be read: give PEM text, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----.";
  return finding("key", isEncrypted ? "tls.key_encrypted" : "tls.key", message);
}

function finding(member: "cert" | "key" | "ca", code: string, message: string): Finding {
  return { pointer: `/${member}`, code, message };
}
