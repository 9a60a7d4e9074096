// How is a request to Salesforce's REST API written, and how is its answer read?
import type { ActionCall, ActionRequest, Built, ConnectionView } from "../../src/connector/contract.ts";
import { readJson } from "../../src/connector/json-answer.ts";
import type { HttpAnswer } from "../../src/delivery/http.ts";
import type { Json, JsonObject, JsonSchema } from "../../src/model/json.ts";

/** Spring '26: every organization has it. A connection can name another. */
export const apiVersionDefault = "66.0";
export const apiVersionPattern = "^[1-9][0-9]\\.0$";

/** `path` below the REST API's root of the connection's version: `/services/data/v66.0/sobjects/Case`. */
export function dataPath(connection: ConnectionView | undefined, path: string): string {
  const named = connection?.fields["apiVersion"];
  const isVersion = typeof named === "string" && new RegExp(apiVersionPattern).test(named);
  return `/services/data/v${isVersion ? named : apiVersionDefault}${path}`;
}

/** A request for one page of what a query finds. The query's text has to be well-formed Unicode. */
export function queryRequest(connection: ConnectionView | undefined, soql: string): ActionRequest {
  const url = dataPath(connection, `/query?q=${encodeURIComponent(soql)}`);
  return { method: "GET", url, headers: { accept: "application/json" } };
}

/** A request that writes a record; with `allowDuplicates`, also past duplicate rules that only warn. */
export function writeRequest(
  method: "POST" | "PATCH",
  call: ActionCall,
  path: string,
  record: JsonObject,
  allowDuplicates: boolean | undefined,
): ActionRequest {
  // https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm
  const duplicates = allowDuplicates === true ? { "sforce-duplicate-rule-header": "allowSave=true" } : {};
  return {
    method,
    url: dataPath(call.connection, path),
    headers: { accept: "application/json", "content-type": "application/json", ...duplicates },
    body: JSON.stringify(record),
  };
}

/**
 * The path of the record that an external id names, or undefined where no path can hold the id: one that is a single dot
 * or two, which every reader of URLs takes for a folder, or one that is no well-formed Unicode.
 */
export function externalIdPath(object: string, field: string, id: string | number): string | undefined {
  const text = String(id);
  if (text === "." || text === ".." || !isWellFormed(text)) return undefined;
  // Salesforce takes `.json` and `.xml` at the end of a path for the format of the answer, unless the dot is encoded.
  return `/sobjects/${object}/${field}/${encodeURIComponent(text).replaceAll(".", "%2E")}`;
}

/** Whether a text can be encoded: half of a surrogate pair cannot. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** A request that is not sent, for the reason given. */
export function refuse(code: string, message: string): Extract<Built, { ok: false }> {
  return { ok: false, failure: { class: "validation", code, message } };
}

/** An answer's body as JSON; undefined when it is none, or was cut. */
export function jsonOf(answer: HttpAnswer): Json | undefined {
  const read = readJson(answer);
  return read.ok ? read.value : undefined;
}

/** The value as an object; undefined when it is none. */
export function objectOf(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}

/** A record without what describes it as one (`attributes`), which is longer than most records; related records too. */
export function withoutAttributes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutAttributes);
  const object = objectOf(value);
  if (object === undefined) return value;
  const fields = Object.entries(object).filter(([name]) => name !== "attributes");
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutAttributes(field)]));
}

export type Saved = { ok: true; id: string; created: boolean } | { ok: false };

/** What the answer to a create or an upsert says was saved. */
export function savedOf(answer: HttpAnswer): Saved {
  const body = objectOf(jsonOf(answer));
  const id = body?.["id"];
  if (answer.status >= 300 || typeof id !== "string" || body?.["success"] !== true) return { ok: false };
  // Versions before 46.0 tell a created record by the status alone.
  return { ok: true, id, created: body["created"] === undefined ? answer.status === 201 : body["created"] === true };
}

/** The API requests of 24 hours that `Sforce-Limit-Info` tells: `api-usage=18/15000`. */
export function limitsOf(answer: Pick<HttpAnswer, "headers">): { used: number; max: number } | undefined {
  const found = /(?:^|[;,\s])api-usage=(\d{1,15})\/(\d{1,15})/.exec(answer.headers["sforce-limit-info"] ?? "");
  return found ? { used: Number(found[1]), max: Number(found[2]) } : undefined;
}

/** The limits as a member of an output: left out where Salesforce did not tell them. */
export function withLimits(answer: HttpAnswer): { limits?: { used: number; max: number } } {
  const limits = limitsOf(answer);
  return limits === undefined ? {} : { limits };
}

/** API names of objects and fields: nothing in them can leave its place in a path or a query. */
export const apiNameSchema = { type: "string", maxLength: 120, pattern: "^[A-Za-z][A-Za-z0-9_]*$" } as const;

export const recordIdSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$",
  description: "The record's id: 15 or 18 letters and digits.",
} as const;

export const externalIdSchema = {
  type: ["string", "number"],
  minLength: 1,
  maxLength: 255,
  pattern: "\\S",
  description: "The external id's value.",
} as const;

export const fieldsSchema: JsonSchema = {
  type: "object",
  minProperties: 1,
  maxProperties: 800,
  propertyNames: { pattern: apiNameSchema.pattern, maxLength: 120 },
  description: "Values by the fields' API names. null empties a field.",
};

export const allowDuplicatesSchema = {
  type: "boolean",
  description: "Save also when a duplicate rule warns. Rules that block still do.",
} as const;

export const limitsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["used", "max"],
  properties: { used: { type: "integer" }, max: { type: "integer" } },
  description: "API requests of the organization within 24 hours.",
} as const;
