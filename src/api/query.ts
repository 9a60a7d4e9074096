// What does a query string ask for? Each field through its schema, unknown and repeated ones refused; and pages of lists.
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { AppError } from "../model/errors.ts";
import { isId, type IdPrefix } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { PageRequest } from "../store/page.ts";
import type { Answer } from "./route.ts";

export type Query = { readonly [name: string]: string | undefined };

const limitDefault = 50;
const limitMax = 200;

/** The query of every list. */
export const pageQuery = {
  limit: { type: "integer", minimum: 1, maximum: limitMax, default: limitDefault, description: "Rows of one page." },
  cursor: { type: "string", minLength: 1, maxLength: 128, description: "`nextCursor` of the page before." },
} satisfies { [name: string]: JsonSchema };

const aTime = "RFC 3339, such as 2026-11-22T04:00:00Z";

/** The time bounds of lists. */
export const timeQuery = {
  since: { type: "string", format: "date-time", description: `Only what came at this time or later: ${aTime}.` },
  until: { type: "string", format: "date-time", description: `Only what came before this time: ${aTime}.` },
} satisfies { [name: string]: JsonSchema };

/** A check of parsed query strings against the schemas of their fields. Throws AppError `request.invalid`. */
export function createQueryCheck(fields: { readonly [name: string]: JsonSchema } = {}): (query: unknown) => Query {
  const check = createSchemaCheck({ type: "object", additionalProperties: false, properties: fields });
  return (query) => {
    // Express parses a query string to an object of texts, and lists of texts for repeated fields.
    const given = Object.entries(query as { [name: string]: string | string[] });
    if (given.length === 0) return {};
    const repeated: Finding[] = given
      .filter(([, value]) => typeof value !== "string")
      .map(([name]) => ({
        pointer: pointerTo(name),
        code: "repeated",
        message: `\`${name}\` is given more than once.`,
      }));
    const single = given.flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : []));
    const typed = Object.fromEntries(single.map(([name, value]) => [name, asTyped(value, fields[name])]));
    const findings = check(typed).map(({ keyword: _, pointer, ...rest }) => ({ pointer: `/query${pointer}`, ...rest }));
    if (repeated.length + findings.length > 0) throw invalidQuery([...repeated, ...findings]);
    return Object.fromEntries(single);
  };
}

/** The page that a query asks for. `prefix` is that of the ids that the list is ordered by. */
export function pageOf(query: Query, prefix: IdPrefix): PageRequest {
  const limit = Number(query["limit"] ?? limitDefault);
  if (query["cursor"] === undefined) return { limit };
  const cursor = Buffer.from(query["cursor"], "base64url").toString("latin1");
  if (!isId(prefix, cursor)) {
    throw invalidQuery([{ pointer: "/query/cursor", code: "format", message: "This is no cursor of this list." }]);
  }
  return { limit, cursor };
}

/** The answer of a list. */
export function pageAnswer(data: unknown[], nextCursor?: string): Answer {
  const next = nextCursor === undefined ? null : Buffer.from(nextCursor, "latin1").toString("base64url");
  return { status: 200, body: { data, nextCursor: next } };
}

/** A field of a query as a point in time. Throws AppError `request.invalid` for one that does not exist, like a leap second. */
export function timeOf(query: Query, name: string): Date | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw invalidQuery([{ pointer: pointerTo(name), code: "format", message: "This time does not exist." }]);
}

/** The schema of a list's answer. */
export function listSchema(items: JsonSchema): JsonSchema {
  return {
    type: "object",
    required: ["data", "nextCursor"],
    properties: {
      data: { type: "array", items },
      nextCursor: { type: ["string", "null"], description: "Asks for the next page; null on the last one." },
    },
  };
}

/** Digits stand for a number where the schema wants one; anything else stays a text, which the schema then refuses. */
function asTyped(value: string, schema: JsonSchema | undefined): string | number {
  return schema?.["type"] === "integer" && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

function pointerTo(name: string): string {
  return `/query/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function invalidQuery(errors: Finding[]): AppError {
  return new AppError("request.invalid", { detail: "The query is not valid: `errors` says where and why.", errors });
}
