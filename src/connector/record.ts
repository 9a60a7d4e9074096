// What of an attempt is recorded, and what must not be? Secrets are replaced by value, in every form, wherever they turn up.
import { StringDecoder } from "node:string_decoder";
import type { HttpAnswer } from "../delivery/http.ts";
import type { Attempt } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";
import { createRedactor, redactedMark, redactHeaders, redactJson, withoutTorn } from "../vault/redact.ts";
import type { Redact } from "../vault/redact.ts";
import type { ActionRequest } from "./contract.ts";
import type { OpenConnection } from "./open-connection.ts";

/** Recorded bodies are cut here, so that the fifty attempts that a step may have fit into one document of 16 MB. */
const recordedBytesMax = 64 * 1024;

/** How many additions are looked for: tokens come and go for as long as a process runs, and old ones mean nothing any more. */
const additionsMax = 16;

/** Replaces these secrets; those of a connection or an input that comes into play later are added. */
export type Redactor = {
  redact: Redact;
  /** After sixteen further additions these are forgotten; those that the redactor was made with never are. */
  add(secrets: readonly string[]): void;
  /** The bytes of an answer that was cut off, without secrets, and without the half of one at their end. */
  redactCut(bytes: Buffer): Buffer;
};

export function createGrowingRedactor(secrets: readonly string[]): Redactor {
  const lasting = secrets.flatMap(partsOf);
  const additions: string[][] = [];
  let known = new Set(lasting);
  let redact = createRedactor([...known]);
  return {
    redact: (text) => redact(text),
    add(more) {
      const added = more.flatMap(partsOf);
      if (added.every((one) => known.has(one))) return;
      additions.push(added);
      if (additions.length > additionsMax) additions.shift();
      known = new Set([...lasting, ...additions.flat()]);
      redact = createRedactor([...known]);
    },
    redactCut: (bytes) => withoutTorn(redactBytes(bytes, redact), [...known]),
  };
}

/**
 * The part behind `whsec_`, or behind a scheme as in `Basic x` and `Token x` (RFC 9110, section 11.4), is the secret
 * itself: a receiver may show it alone. So may one that has read a user's password.
 */
function partsOf(secret: string): string[] {
  const parts = [secret, secret.replace(/^wh[a-z]{2,3}_/, ""), secret.replace(/^[\w!#$%&'*+.^`|~-]+ +/, "")];
  const [, pair = ""] = /^basic +(\S+)$/i.exec(secret) ?? [];
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(pair, "base64").toString("utf8")) ?? [];
  return password === undefined ? parts : [...parts, password];
}

/** Everything of a connection that must not be recorded: what it is made of, and what requests carry of it. */
export function secretsOf(connection: OpenConnection): string[] {
  const { headers, query } = connection.applied;
  return [
    ...connection.secrets,
    ...(connection.signingSecrets ?? []),
    ...Object.values(headers),
    ...Object.values(query),
  ];
}

/** The values of an input that its schema declares to be secret, with the headers that are secret by their name. */
export function declaredSecrets(schema: JsonSchema, input: Json): string[] {
  const secrets: string[] = [];
  eachMember(schema, input, (hint, value) => {
    if (hint === "x-secret") secrets.push(...textsOf(value));
    else secrets.push(...Object.values(secretHeadersOf(value)));
    return value;
  });
  return secrets;
}

/** An input as it is recorded: what its schema declares to be secret is masked, all other secrets are replaced. */
export function recordedInput(schema: JsonSchema, input: Json, redact: Redact): Json {
  const masked = eachMember(schema, input, (hint, value) => {
    if (hint === "x-secret") return redactedMark;
    const hidden = Object.keys(secretHeadersOf(value)).map((name) => [name, redactedMark]);
    return { ...(value as JsonObject), ...Object.fromEntries(hidden) }; // `secretHeadersOf` found an object, or nothing.
  });
  return redactJson(masked, (text) => maskUser(redact(text)));
}

/** A user and a password in a URL are refused, but what was refused is recorded too. */
function maskUser(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i, "$1[redacted]@");
}

export function redactFailure(failure: Failure, redact: Redact): Failure {
  // The code may be the vendor's own word, and so anything.
  return { ...failure, code: redact(failure.code), message: redact(failure.message) };
}

export function recordedRequest(request: ActionRequest, redact: Redact): NonNullable<Attempt["request"]> {
  return {
    method: request.method,
    url: maskUser(redact(request.url)),
    headers: redactHeaders(request.headers, redact),
    body: cut(redact(request.body?.toString() ?? "")),
  };
}

export function recordedResponse(answer: HttpAnswer, redact: Redact): NonNullable<Attempt["response"]> {
  const text = answer.body.toString("utf8");
  // Other encodings than UTF-8: a character that cannot be read would hide the secret that it is part of.
  const body = redact(text.includes("\ufffd") ? redactBytes(answer.body, redact).toString("utf8") : text);
  const kept = beginning(body);
  return {
    status: answer.status,
    headers: redactHeaders(answer.headers, redact),
    body: kept,
    truncated: answer.truncated || kept.length < body.length,
  };
}

/** Bytes with secrets replaced. Bytes that hold none, as nearly all do, stay exactly as they were. */
export function redactBytes(bytes: Buffer, redact: Redact): Buffer {
  // Latin-1 keeps each byte as one character.
  const text = bytes.toString("latin1");
  const clean = redact(text);
  return clean === text ? bytes : Buffer.from(clean, "latin1");
}

function cut(body: string): string {
  const kept = beginning(body);
  return kept.length === body.length ? body : `${kept}… (${body.length} characters in all)`;
}

/** As much of a text as is recorded, in whole characters. */
function beginning(text: string): string {
  const head = text.slice(0, recordedBytesMax);
  const bytes = Buffer.from(head);
  // The decoder keeps back the bytes of a character that was cut.
  return bytes.length <= recordedBytesMax ? head : new StringDecoder("utf8").write(bytes.subarray(0, recordedBytesMax));
}

type Hint = "x-secret" | "x-headers";

/** The input with each member that its schema marks replaced by what `replace` makes of it. */
function eachMember(schema: JsonSchema, value: Json, replace: (hint: Hint, value: Json) => Json): Json {
  if (schema["x-secret"] === true) return replace("x-secret", value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (schema["x-headers"] === true) return replace("x-headers", value);
  // The schemas' own keyword: an object of schemas.
  const properties = (schema["properties"] ?? {}) as { [name: string]: JsonSchema };
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [name, own === undefined ? member : eachMember(own, member, replace)];
    }),
  );
}

function secretHeadersOf(value: Json): { [name: string]: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const texts = Object.entries(value).map(
    ([name, one]) => [name, typeof one === "string" ? one : JSON.stringify(one)] as const,
  );
  const masked = redactHeaders(Object.fromEntries(texts), (text) => text);
  return Object.fromEntries(texts.filter(([name]) => masked[name] === redactedMark));
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
