// Are these credentials ones that a connector takes, which of its methods are they for, and what of them is secret?
import { createPrivateKey } from "node:crypto";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { checkUrl, type AddressPolicy } from "../delivery/address.ts";
import { checkHeaders } from "../delivery/header.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { applyAuth } from "./auth.ts";
import type { AuthMethod, Connector } from "./contract.ts";
import { readUrl } from "../model/url.ts";

export type CheckedCredentials = { ok: true; method: AuthMethod } | { ok: false; findings: Finding[] };

type Check = (value: unknown) => Finding[];

/** Compiling a schema costs milliseconds, and the methods never change. */
const checkBySchema = new WeakMap<JsonSchema, Check>();

/**
 * The method that credentials are for, once everything about them holds: the one of the kind that is named, else the one
 * they fit best. Findings point into the body (`/credentials/…`, `/auth`) and hold nothing that was given as a value.
 */
export function checkCredentials(
  connector: Connector,
  credentials: JsonObject,
  kind: string | undefined,
  policy: AddressPolicy,
): CheckedCredentials {
  const methods = connector.auth?.methods ?? [];
  const method = kind === undefined ? bestMethod(methods, credentials) : methods.find((one) => one.kind === kind);
  if (method === undefined) return { ok: false, findings: [noSuchKind(connector, kind)] };
  const shape = shapeOf(method, credentials);
  const findings = shape.length > 0 ? shape : contentOf(method, credentials, policy);
  if (findings.length === 0) return { ok: true, method };
  return { ok: false, findings: findings.map((one) => ({ ...one, pointer: `/credentials${one.pointer}` })) };
}

/** The texts of credentials that must never be shown or recorded: those that the schema marks with `x-secret`. */
export function secretsOf(method: AuthMethod, credentials: JsonObject): string[] {
  const marked = markedMembers(method.credentials, credentials, "x-secret");
  const secrets = marked.flatMap(({ value }) => textsOf(value));
  return method.kind === "webhookUrl" ? [...secrets, ...webhookSecrets(credentials)] : secrets;
}

/** The members of credentials that actions may read. */
export function openFields(method: AuthMethod, credentials: JsonObject): JsonObject {
  const secret = new Set(markedMembers(method.credentials, credentials, "x-secret").map((one) => one.name));
  if (method.kind === "webhookUrl") secret.add("webhookUrl");
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => !secret.has(name)));
}

function bestMethod(methods: readonly AuthMethod[], credentials: JsonObject): AuthMethod | undefined {
  const [best] = methods
    .map((method) => ({ method, wrong: shapeOf(method, credentials).length, known: knownMembers(method, credentials) }))
    .toSorted((a, b) => Number(a.wrong > 0) - Number(b.wrong > 0) || b.known - a.known || a.wrong - b.wrong);
  return best?.method;
}

function shapeOf(method: AuthMethod, credentials: JsonObject): Finding[] {
  let check = checkBySchema.get(method.credentials);
  if (check === undefined) checkBySchema.set(method.credentials, (check = createSchemaCheck(method.credentials)));
  return check(credentials);
}

function knownMembers(method: AuthMethod, credentials: JsonObject): number {
  const properties = propertiesOf(method.credentials);
  return Object.keys(credentials).filter((name) => Object.hasOwn(properties, name)).length;
}

/** What a schema cannot say: addresses that may not be reached, keys that are none, values that no header can carry. */
function contentOf(method: AuthMethod, credentials: JsonObject, policy: AddressPolicy): Finding[] {
  const urls = markedMembers(method.credentials, credentials, "x-url").flatMap(({ name, value }) => {
    const verdict = checkUrl(value, policy);
    return verdict.ok ? [] : [{ pointer: childPointer("", name), code: verdict.code, message: verdict.message }];
  });
  if (urls.length > 0) return urls;
  // Addresses that a method puts together out of several members.
  for (const url of [method.token?.url(credentials), method.baseUrl?.(credentials)]) {
    const verdict = url === undefined ? undefined : checkUrl(url, policy);
    if (verdict?.ok === false) return [{ pointer: "", code: verdict.code, message: verdict.message }];
  }
  if (method.token?.grant === "jwt-bearer" && !isRsaKey(credentials["privateKey"])) {
    const message = "This is no private RSA key of 2048 bits or more in PEM form (PKCS #8 or PKCS #1).";
    return [{ pointer: "/privateKey", code: "format", message }];
  }
  const { headers } = applyAuth(method, credentials, method.token === undefined ? undefined : "token");
  const [header] = checkHeaders(headers);
  return header === undefined ? [] : [{ pointer: "", code: header.code, message: header.message }];
}

function isRsaKey(pem: Json | undefined): boolean {
  if (typeof pem !== "string") return false;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    return asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}

/** The address of an incoming webhook is its secret, all but the host. Short parts of the path stand in any text. */
function webhookSecrets({ webhookUrl }: JsonObject): string[] {
  const url = typeof webhookUrl === "string" ? readUrl(webhookUrl) : undefined;
  if (url === undefined) return [];
  const { pathname, search } = url;
  const parts = [...pathname.split("/"), search.slice(1)].filter((part) => part.length >= 16);
  return [`${pathname}${search}`.slice(1), ...parts];
}

function noSuchKind(connector: Connector, kind: string | undefined): Finding {
  const kinds = (connector.auth?.methods ?? []).map((one) => `\`${one.kind}\``);
  if (kinds.length === 0) {
    return { pointer: "/connector", code: "value", message: `${connector.title} takes no connection.` };
  }
  const message = `${connector.title} has no authentication of this kind. It takes ${kinds.join(", ")}.`;
  return kind === undefined
    ? { pointer: "/credentials", code: "form", message }
    : { pointer: "/auth", code: "value", message };
}

/** The top-level members of credentials whose schema carries a mark. */
function markedMembers(schema: JsonSchema, credentials: JsonObject, mark: "x-secret" | "x-url") {
  const properties = propertiesOf(schema);
  return Object.entries(credentials).flatMap(([name, value]) => {
    const member = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const isMarked =
      isSchema(member) && (member[mark] === true || (isSchema(member["items"]) && member["items"][mark] === true));
    return isMarked ? [{ name, value }] : [];
  });
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function propertiesOf(schema: JsonSchema): { readonly [name: string]: unknown } {
  return isSchema(schema["properties"]) ? schema["properties"] : {};
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
