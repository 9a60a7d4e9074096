// HTTP message signatures (RFC 9421) with Content-Digest (RFC 9530): what is covered, what is signed, what is sent.
import { createHash } from "node:crypto";
import { thumbprintOf } from "./ed25519.ts";
import { refuse } from "./input.ts";
import type { Refusal } from "./input.ts";
import type { MessageSignature } from "./profile-form.ts";
import { sign, signAsymmetric, signingKey } from "./sign.ts";
import { readUrl } from "../model/url.ts";

export type SignedMessage = {
  method: string;
  /** Absolute. */
  url: string;
  /** By names in lower case. */
  headers: ReadonlyMap<string, string>;
};

/** `Content-Digest` of a body (RFC 9530 §2). */
export function contentDigest(body: string | Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

export type SignatureBase = { ok: true; base: string } | { ok: false; missing: string };

/** The signature base (RFC 9421 §2.5); `params` is the text of `@signature-params`, components with their parameters. */
export function signatureBase(message: SignedMessage, components: readonly string[], params: string): SignatureBase {
  let base = "";
  for (const component of components) {
    const value = component.startsWith("@") ? derived(message, component) : message.headers.get(component)?.trim();
    if (value === undefined) return { ok: false, missing: component };
    base += `"${component}": ${value}\n`;
  }
  return { ok: true, base: `${base}"@signature-params": ${params}` };
}

export type SignatureParams = {
  created: number;
  keyid: string;
  alg: "hmac-sha256" | "ed25519";
  tag?: string | undefined;
};

/** The text of `@signature-params` (RFC 9421 §2.3). */
export function paramsText(components: readonly string[], params: SignatureParams): string {
  const covered = components.map((component) => `"${component}"`).join(" ");
  const tag = params.tag === undefined ? "" : `;tag=${quoted(params.tag)}`;
  return `(${covered});created=${params.created};keyid=${quoted(params.keyid)};alg="${params.alg}"${tag}`;
}

export type MessageSignatures = { ok: true; input: string; signature: string } | Refusal;

/** The values of `Signature-Input` and `Signature`: one signature for each secret. `message.headers` has its digest already. */
export function signMessage(
  signature: MessageSignature,
  message: SignedMessage,
  secrets: readonly string[],
  nowMs: number,
): MessageSignatures {
  const inputs: string[] = [];
  const signatures: string[] = [];
  for (const [index, secret] of secrets.entries()) {
    const read = signingKey(secret, signature.secretForm);
    if (!read.ok) return read;
    const params = paramsText(signature.components, {
      created: Math.floor(nowMs / 1000),
      keyid: keyIdOf(read),
      alg: read.kind === "hmac" ? "hmac-sha256" : "ed25519",
      tag: signature.tag,
    });
    const made = signatureBase(message, signature.components, params);
    if (!made.ok)
      return refuse("signature", `The signature covers "${made.missing}", which the request does not have.`);
    const label = index === 0 ? signature.label : `${signature.label}-${index + 1}`;
    inputs.push(`${label}=${params}`);
    const value = read.kind === "hmac" ? sign(made.base, read.key) : signAsymmetric(made.base, read.key);
    signatures.push(`${label}=:${value}:`);
  }
  return { ok: true, input: inputs.join(", "), signature: signatures.join(", ") };
}

type OpenKey = Extract<ReturnType<typeof signingKey>, { ok: true }>;

/**
 * Which key signed: for ed25519 its thumbprint (RFC 7638); for an HMAC 16 characters that are derived from the key and tell
 * nothing of it.
 */
export function keyIdOf({ kind, key }: Pick<OpenKey, "kind" | "key">): string {
  let id = keyIds.get(key);
  if (id === undefined) {
    id =
      kind === "ed25519"
        ? thumbprintOf(key)
        : Buffer.from(sign("millrace key id", key), "base64").subarray(0, 12).toString("base64url");
    keyIds.set(key, id);
  }
  return id;
}

const keyIds = new WeakMap<OpenKey["key"], string>();

/** Derived components (RFC 9421 §2.2). */
function derived({ method, url }: SignedMessage, component: string): string | undefined {
  if (component === "@method") return method;
  const read = readUrl(url);
  if (read === undefined) return undefined;
  const { protocol, pathname, search } = read;
  // As it is sent: a receiver sees neither a dot at the end of the name nor a question mark without a query.
  const host = read.host.replace(/\.(?=:|$)/, "");
  switch (component) {
    case "@target-uri":
      return `${protocol}//${host}${pathname}${search}`;
    case "@authority":
      return host;
    case "@scheme":
      return protocol.slice(0, -1);
    case "@request-target":
      return `${pathname}${search}`;
    case "@path":
      return pathname;
    case "@query":
      return search === "" ? "?" : search;
    default:
      return undefined;
  }
}

/** A string of structured fields (RFC 8941 §3.3.3). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
