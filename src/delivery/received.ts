// What of a received delivery was signed? Read back from its headers and its body by the profile's templates.
import { formType, mediaTypeOf } from "./body.ts";
import { compiledOf } from "./compiled.ts";
import type { Profile } from "./profile-form.ts";
import type { ProfileTemplate } from "./profile-template.ts";
import { withPrefix } from "./profile-variables.ts";
import type { ProfileVariable } from "./profile-variables.ts";

/** A request as it came. */
export type Received = {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The bytes, or a text that is sent as UTF-8. */
  body: Uint8Array | string;
  /** For signatures that cover them (RFC 9421): POST, and the absolute URL. */
  method?: string;
  url?: string;
};

/** The values of the variables that headers tell. */
export type Signed = Map<ProfileVariable, string>;

const toleranceMsDefault = 5 * 60_000;

/** A header by its name in whatever case; several of one name are joined by commas (RFC 9110 §5.3). */
export function headerOf(headers: Received["headers"], name: string): string | undefined {
  const lower = name.toLowerCase();
  for (const [own, value] of Object.entries(headers)) {
    if (own.toLowerCase() === lower && value !== undefined) return typeof value === "string" ? value : value.join(", ");
  }
  return undefined;
}

/** Values of the variables that stand in a header alone. */
export function readSigned(profile: Profile, headers: Received["headers"]): Signed {
  const signed: Signed = new Map();
  for (const [name, template] of compiledOf(profile).headers) {
    const [part] = template;
    const value = headerOf(headers, name);
    if (template.length === 1 && part !== undefined && "variable" in part && value !== undefined) {
      signed.set(part.variable, value);
    }
  }
  return signed;
}

export type Content = { ok: true; bytes: Buffer; isTimed: boolean } | { ok: false; missing: string };

/** The bytes that were signed. */
export function contentOf(template: ProfileTemplate, signed: Signed, body: Buffer): Content {
  const pieces: Buffer[] = [];
  let isTimed = false;
  for (const part of template) {
    if ("text" in part) pieces.push(Buffer.from(part.text));
    if (!("variable" in part)) continue;
    if (part.variable === "body") {
      pieces.push(body);
      continue;
    }
    const value = signed.get(part.variable);
    if (value === undefined) return { ok: false, missing: part.variable };
    if (part.variable === "unixSeconds" || part.variable === "unixMillis") isTimed = true;
    pieces.push(Buffer.from(part.prefix === "" ? value : withPrefix(value, part.prefix)));
  }
  return { ok: true, bytes: Buffer.concat(pieces), isTimed };
}

/** Whether the signed time is near. Texts that are no whole number are not. */
export function isFresh(signed: Signed, nowMs: number, toleranceMs = toleranceMsDefault): boolean {
  const seconds = signed.get("unixSeconds");
  const millis = signed.get("unixMillis");
  const text = seconds ?? millis ?? "";
  if (!/^[0-9]{1,15}$/.test(text)) return false;
  const atMs = seconds === undefined ? Number(text) : Number(text) * 1000;
  return Math.abs(nowMs - atMs) <= toleranceMs;
}

/** The signature in the body's member, and the body without it: one, or one for each item of a batch. */
export function partsOfField(profile: Profile, field: string, received: Received): { text: string; body: string }[] {
  const body = Buffer.from(received.body).toString("utf8");
  if (mediaTypeOf(headerOf(received.headers, "content-type") ?? "") === formType) {
    const at = body.lastIndexOf(`${field}=`);
    const text = new URLSearchParams(at < 0 ? "" : body.slice(at)).get(field);
    return text === null ? [] : [{ text, body: body.slice(0, Math.max(0, at - 1)) }];
  }
  const value = parse(body);
  if (Array.isArray(value)) return everyPart(value.map((item: unknown) => canonicalPart(item, field)));
  if (profile.bodyForm === "canonical") return everyPart([canonicalPart(value, field)]);
  return rawPart(body, field);
}

type Part = { text: string; body: string };

/** None when one of them has no signature. */
function everyPart(parts: (Part | undefined)[]): Part[] {
  return parts.every((part) => part !== undefined) ? parts : [];
}

function canonicalPart(value: unknown, field: string): Part | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) return undefined;
  const { [field]: text, ...rest } = value as { [name: string]: unknown }; // Any object has names and values.
  return typeof text === "string" ? { text, body: JSON.stringify(rest) } : undefined;
}

/** The member stands last: what was signed is the text before it. */
function rawPart(body: string, field: string): Part[] {
  const at = body.lastIndexOf(`"${field}"`);
  const member = /^"[^"]*":"([^"\\]*)"(\}\s*)$/.exec(body.slice(Math.max(0, at)));
  if (at < 0 || member === null) return [];
  return [{ text: member[1] ?? "", body: `${body.slice(0, at).replace(/,$/, "")}${member[2] ?? ""}` }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
