// May a tenant's JSON Schema be compiled? Size, depth, references and cost, judged before anything runs it.
import type { JsonSchema } from "../../model/json.ts";
import { childPointer, type Finding } from "../../model/problem.ts";
import { compileRegex, patternLengthMax } from "../regex.ts";
import { keywords, keywordsRefused, subschemasOf } from "./keywords.ts";

/** Bounds of a payload schema: a schema is a program, and these keep what it can cost small. */
export const payloadSchemaLimits = {
  bytes: 32 * 1024,
  /** Schemas within schemas. */
  depth: 16,
  enumValues: 500,
  uniqueItems: 500,
  patternChars: patternLengthMax,
  /** Schemas that are looked at for one value, with each reference counted as what it stands for. */
  cost: 2_000,
} as const;

const findingsMax = 100;
const dialects = ["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#"];

/**
 * What keeps a JSON Schema (2020-12) from being a payload schema; nothing when it may be compiled. Pointers lead into the
 * schema. Whether its keywords have values of the right form is for the compiler to say.
 */
export function checkPayloadSchema(schema: unknown): Finding[] {
  if (!isObject(schema)) return [finding("", "type", "A schema is an object here.")];
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > payloadSchemaLimits.bytes) {
    return [finding("", "range", `The schema has ${bytes} bytes; ${payloadSchemaLimits.bytes} are possible.`)];
  }
  const findings: Finding[] = [];
  const dialect = schema["$schema"];
  if (dialect !== undefined && !dialects.some((one) => one === dialect)) {
    findings.push(finding("/$schema", "value", "Schemas are written in 2020-12 here.", dialects[0]));
  }
  walk(schema, "", 1, findings);
  // What a reference costs is only known of schemas that are sound so far.
  return findings.length > 0 ? findings.slice(0, findingsMax) : checkCost(schema);
}

function walk(schema: unknown, pointer: string, depth: number, findings: Finding[]): void {
  if (!isObject(schema) || findings.length > findingsMax) return;
  if (depth > payloadSchemaLimits.depth) {
    findings.push(finding(pointer, "range", `Schemas stand ${payloadSchemaLimits.depth} deep in one another at most.`));
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const at = childPointer(pointer, keyword);
    const refusal = refusalOf(keyword, value, schema);
    if (refusal) findings.push({ pointer: at, ...refusal });
  }
  for (const { path, schema: inner } of subschemasOf(schema)) {
    walk(inner, path.reduce<string>(childPointer, pointer), depth + 1, findings);
  }
}

type Refusal = Omit<Finding, "pointer">;

/** Why one keyword of a schema is not taken. */
function refusalOf(keyword: string, value: unknown, schema: JsonSchema): Refusal | undefined {
  const refused = keywordsRefused[keyword];
  if (refused !== undefined) return { code: "unknown", message: refused };
  if (!keywords.has(keyword)) return { code: "unknown", message: `\`${keyword}\` is no keyword of a schema.` };
  if (isObject(value) && Object.hasOwn(value, "$data")) {
    return { code: "unknown", message: "`$data` is not taken: write the value itself." };
  }
  if (keyword === "$ref") return refusalOfRef(value);
  if (keyword === "pattern") return refusalOfPattern(value);
  if (keyword === "patternProperties" && isObject(value)) {
    return Object.keys(value).map(refusalOfPattern).find(Boolean);
  }
  if (keyword === "enum" && Array.isArray(value) && value.length > payloadSchemaLimits.enumValues) {
    return { code: "range", message: `An enum has ${payloadSchemaLimits.enumValues} values at most.` };
  }
  if (keyword === "uniqueItems" && value === true && !isBounded(schema["maxItems"])) {
    const message = `\`uniqueItems\` needs a \`maxItems\` of ${payloadSchemaLimits.uniqueItems} at most: comparing each with each is slow.`;
    return { code: "range", message };
  }
  return undefined;
}

function isBounded(maxItems: unknown): boolean {
  return typeof maxItems === "number" && maxItems <= payloadSchemaLimits.uniqueItems;
}

function refusalOfRef(value: unknown): Refusal | undefined {
  if (typeof value === "string" && /^#(\/.*)?$/.test(value)) return undefined;
  return { code: "format", message: "A `$ref` leads into the same schema: `#/$defs/name`." };
}

function refusalOfPattern(pattern: unknown): Refusal | undefined {
  // That a pattern is a text is for the compiler to say.
  if (typeof pattern !== "string") return undefined;
  const compiled = compileRegex(pattern);
  return compiled.ok ? undefined : { code: "format", message: compiled.message };
}

/** Follows references: those that lead nowhere or back to themselves, and the cost of the whole. */
function checkCost(root: JsonSchema): Finding[] {
  const known = new Map<unknown, number | "open">();
  const findings: Finding[] = [];

  const costOf = (schema: unknown, pointer: string): number => {
    if (!isObject(schema)) return 1;
    const before = known.get(schema);
    if (before === "open") {
      findings.push(finding(pointer, "value", "This `$ref` leads back to a schema that it stands in."));
      return 0;
    }
    if (before !== undefined) return before;
    known.set(schema, "open");
    let cost = 1 + ownCost(schema);
    for (const { path, schema: inner, keyword } of subschemasOf(schema)) {
      const one = costOf(inner, path.reduce<string>(childPointer, pointer));
      cost += keyword === "items" || keyword === "contains" ? one * itemsOf(schema) : one;
    }
    if (typeof schema["$ref"] === "string") {
      const at = childPointer(pointer, "$ref");
      const target = follow(root, schema["$ref"]);
      if (target === undefined) findings.push(finding(at, "value", "Nothing stands where this `$ref` leads."));
      else cost += costOf(target, at);
    }
    known.set(schema, cost);
    return cost;
  };

  const cost = costOf(root, "");
  if (findings.length > 0) return findings;
  if (cost <= payloadSchemaLimits.cost) return [];
  const message = `The schema is too large when its references are followed: ${cost} schemas, and ${payloadSchemaLimits.cost} are possible.`;
  return [finding("", "range", message)];
}

/** What values and long texts add: an example of the schema has to hold them. */
function ownCost(schema: JsonSchema): number {
  const values = Array.isArray(schema["enum"]) ? schema["enum"].length / 10 : 0;
  return Math.ceil(values + atLeast(schema["minLength"]) / 100 + atLeast(schema["minItems"]));
}

function itemsOf(schema: JsonSchema): number {
  return Math.max(1, atLeast(schema["minItems"]));
}

function atLeast(bound: unknown): number {
  return typeof bound === "number" && bound > 0 ? bound : 0;
}

/** The schema that a reference of the form `#/a/b` leads to (RFC 6901, section 6). */
function follow(root: JsonSchema, ref: string): unknown {
  if (ref === "#") return root;
  let at: unknown = root;
  for (const part of ref.slice(2).split("/")) {
    const key = decoded(part);
    if (key === undefined || typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { [key: string]: unknown })[key]; // An own member, of an object or a list.
  }
  return isObject(at) || typeof at === "boolean" ? at : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

function finding(pointer: string, code: string, message: string, suggestion?: string): Finding {
  return { pointer, code, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
