// Does an HTTP message signature (RFC 9421) stand under a received request, and does its digest fit the body?
import { createHash } from "node:crypto";
import { signatureBase } from "./http-signature.ts";
import type { MessageSignature } from "./profile-form.ts";
import { headerOf } from "./received.ts";
import type { Received } from "./received.ts";
import { isSame, matchesAsymmetric, matchesHmac } from "./verifying-key.ts";
import type { VerifyingKey } from "./verifying-key.ts";

type Verified = { verified: true } | { verified: false; why: string };

const toleranceMsDefault = 5 * 60_000;

/** Whether one of the signatures covers what the profile covers, is fresh, and matches one of the keys. */
export function verifyMessage(
  signature: MessageSignature,
  received: Received & { nowMs: number; toleranceMs?: number },
  keys: readonly VerifyingKey[],
): Verified {
  const inputs = membersOf(headerOf(received.headers, "signature-input") ?? "");
  const signatures = membersOf(headerOf(received.headers, "signature") ?? "");
  if (inputs.size === 0 || signatures.size === 0) {
    return refuse('The headers "Signature-Input" and "Signature" are missing, or are no dictionaries.');
  }
  if (signature.components.includes("content-digest") && !digestFits(received)) {
    return refuse('The header "Content-Digest" is missing or does not fit the body.');
  }
  let why = "No signature matches: another secret, or a changed request.";
  for (const [label, params] of inputs) {
    const value = /^:([A-Za-z0-9+/=]+):$/.exec(signatures.get(label) ?? "")?.[1];
    const parsed = parseParams(params);
    if (value === undefined || parsed === undefined) continue;
    const fault = faultOf(signature, parsed, received);
    if (fault !== undefined) why = fault;
    else if (matches(received, parsed, params, value, keys)) return { verified: true };
  }
  return refuse(why);
}

function digestFits(received: Received): boolean {
  const digest = membersOf(headerOf(received.headers, "content-digest") ?? "");
  const known = (["sha-256", "sha-512"] as const).filter((name) => digest.has(name));
  const hashOf = (name: string) => createHash(name.replace("-", "")).update(received.body).digest("base64");
  return known.length > 0 && known.every((name) => isSame(digest.get(name) ?? "", `:${hashOf(name)}:`));
}

type Params = { components: string[]; created?: number; expires?: number; alg?: string };

function faultOf(
  signature: MessageSignature,
  params: Params,
  { nowMs, toleranceMs = toleranceMsDefault }: { nowMs: number; toleranceMs?: number },
): string | undefined {
  const left = signature.components.find((component) => !params.components.includes(component));
  if (left !== undefined) return `The signature does not cover "${left}".`;
  if (params.created === undefined || Math.abs(nowMs - params.created * 1000) > toleranceMs) {
    return "The signed time is missing or too far from now.";
  }
  return params.expires !== undefined && params.expires * 1000 < nowMs ? "The signature has expired." : undefined;
}

function matches(
  received: Received,
  params: Params,
  paramsText: string,
  value: string,
  keys: readonly VerifyingKey[],
): boolean {
  const headers = new Map<string, string>();
  for (const name of Object.keys(received.headers)) {
    const text = headerOf(received.headers, name);
    if (text !== undefined) headers.set(name.toLowerCase(), text);
  }
  const message = { method: received.method ?? "POST", url: received.url ?? "", headers };
  const made = signatureBase(message, params.components, paramsText);
  if (!made.ok) return false;
  const base = Buffer.from(made.base);
  // The algorithm comes from the key: what the message says can only rule it out (RFC 9421 §3.2).
  const usable = keys.filter(({ kind }) => params.alg === undefined || params.alg === algorithmOf[kind]);
  return matchesHmac(value, base, usable, "sha256", "base64") || matchesAsymmetric(value, base, usable);
}

const algorithmOf = { hmac: "hmac-sha256", ed25519: "ed25519" } as const;

/** The members of a dictionary (RFC 8941 §3.2) as text, without interpretation; none when it is no dictionary. */
function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  const pattern = /\s*([a-z*][a-z0-9_.*-]*)=((?:"(?:[^"\\]|\\["\\])*"|[^",])*)(?:,|$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return new Map();
    members.set(found[1] ?? "", (found[2] ?? "").trim());
  }
  return members;
}

/** `("@method" "content-type");created=1;alg="ed25519"`; undefined for components with parameters, which we do not make. */
function parseParams(text: string): Params | undefined {
  const found = /^\(((?: *"[^"\\]+")*) *\)((?:;[a-z]+=(?:-?\d{1,15}|"(?:[^"\\]|\\["\\])*"))*)$/.exec(text);
  if (found === null) return undefined;
  const params: Params = { components: Array.from((found[1] ?? "").matchAll(/"([^"]+)"/g), (one) => one[1] ?? "") };
  for (const [, name, number, quoted] of (found[2] ?? "").matchAll(/;([a-z]+)=(?:(-?\d+)|"((?:[^"\\]|\\.)*)")/g)) {
    if (name === "created" && number !== undefined) params.created = Number(number);
    if (name === "expires" && number !== undefined) params.expires = Number(number);
    if (name === "alg" && quoted !== undefined) params.alg = quoted;
  }
  return params;
}

function refuse(why: string): Verified {
  return { verified: false, why };
}
