// Does a step's `with` fit what its action takes? Leaves that are only known at run time are left to run time.
import type { Json, JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { messageOf } from "./message.ts";
import { createSchemaCheck, type SchemaFinding } from "./schema-findings.ts";

/** The parts of a `with` that are no plain values, by pointer. */
type Special = { dynamic: Set<string>; literals: Set<string> };

/** Rules that look at all of a value at once: they say nothing as long as a part of it is not known. */
const wholeValueKeywords = new Set(["anyOf", "oneOf", "not", "const", "enum", "uniqueItems", "contains"]);

/** Compiling a schema costs milliseconds, and the same few actions are used over and over. */
const checkBySchema = new WeakMap<JsonSchema, (value: unknown) => SchemaFinding[]>();

/** What an action's input schema finds wrong in a `with`, apart from templates, messages and `$logic`. Pointers are relative to it. */
export function checkInput(values: { [key: string]: Json }, schema: JsonSchema): Finding[] {
  const special: Special = { dynamic: new Set(), literals: new Set() };
  const known = knownPart(values, "", special);
  let check = checkBySchema.get(schema);
  if (check === undefined) checkBySchema.set(schema, (check = createSchemaCheck(schema)));
  return check(known)
    .filter((finding) => isCertain(finding, special.dynamic))
    .map(({ keyword: _, ...finding }) => ({ ...finding, pointer: asWritten(finding.pointer, special.literals) }));
}

/** The tree with each `$literal` replaced by what it holds, each `$logic` by null and each message by a text; says where these and templates stand. */
function knownPart(value: Json, pointer: string, special: Special): Json {
  if (typeof value === "string" && value.includes("{{")) special.dynamic.add(pointer);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => knownPart(item, childPointer(pointer, index), special));
  if (messageOf(value) !== undefined) {
    special.dynamic.add(pointer);
    return "";
  }
  const members = Object.entries(value);
  const [[key, only] = ["", null]] = members;
  if (members.length === 1 && key === "$logic") {
    special.dynamic.add(pointer);
    return null;
  }
  if (members.length === 1 && key === "$literal") {
    special.literals.add(pointer);
    return only;
  }
  return Object.fromEntries(
    members.map(([name, child]) => [name, knownPart(child, childPointer(pointer, name), special)]),
  );
}

function isCertain(finding: SchemaFinding, dynamic: Set<string>): boolean {
  if (dynamic.has(finding.pointer)) return false;
  if (!wholeValueKeywords.has(finding.keyword)) return true;
  return ![...dynamic].some((pointer) => pointer.startsWith(`${finding.pointer}/`));
}

/** A pointer into the tree with literals replaced, as one into what the author wrote. */
function asWritten(pointer: string, literals: Set<string>): string {
  for (const literal of literals) {
    const inside = pointer === literal || pointer.startsWith(`${literal}/`);
    if (inside) return `${literal}/$literal${pointer.slice(literal.length)}`;
  }
  return pointer;
}
