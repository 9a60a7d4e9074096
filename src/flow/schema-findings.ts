// What does a JSON Schema find wrong in a value? ajv's errors as findings: pointer, code, a sentence, a suggestion.
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { didYouMean } from "./suggest.ts";

/** A hostile document can break rules without end: nobody reads more findings than these. */
const findingsMax = 500;

/** A finding with the JSON Schema keyword that made it. */
export type SchemaFinding = Finding & { keyword: string };

/**
 * A check of values against a schema of our own: every finding at once, in the order of the document's rules. The codes:
 * `required` (at the place where the member should stand), `unknown`, `type`, `value`, `format`, `range`, `form`.
 * The schema is trusted: those that tenants give need bounds of their own.
 */
export function createSchemaCheck(schema: JsonSchema): (value: unknown) => SchemaFinding[] {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, addUsedSchema: false });
  formats.default(ajv);
  let validate: ValidateFunction | undefined;
  return (value) => {
    // Compiled at first use: most processes never ask most schemas.
    validate ??= ajv.compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).filter(isTold).slice(0, findingsMax).map(findingOf);
  };
}

/** Left out: errors that only lead to another, and those of branches none of which had to be the one. */
function isTold(error: ErrorObject): boolean {
  if (error.keyword === "if" || error.propertyName !== undefined) return false;
  return !/\/(anyOf|oneOf)\/\d/.test(error.schemaPath);
}

const codes: { readonly [keyword: string]: string } = {
  required: "required",
  dependentRequired: "required",
  additionalProperties: "unknown",
  unevaluatedProperties: "unknown",
  type: "type",
  enum: "value",
  const: "value",
  not: "value",
  pattern: "format",
  format: "format",
  propertyNames: "format",
};

function findingOf(error: ErrorObject): SchemaFinding {
  const code = codes[error.keyword] ?? (/^(min|max|exclusive|multiple|unique)/.test(error.keyword) ? "range" : "form");
  const finding: SchemaFinding = {
    keyword: error.keyword,
    pointer: pointerOf(error),
    code: alternatives(error) === undefined ? code : "required",
    message: messageOf(error),
  };
  const suggestion = suggestionOf(error);
  if (suggestion !== undefined) finding.suggestion = suggestion;
  return finding;
}

/** The parameters of ajv's errors, by keyword: https://ajv.js.org/api.html#error-parameters */
type Params = { [name: string]: unknown };

function pointerOf(error: ErrorObject): string {
  const params: Params = error.params;
  const member =
    params["missingProperty"] ??
    params["additionalProperty"] ??
    params["unevaluatedProperty"] ??
    (error.keyword === "propertyNames" ? params["propertyName"] : undefined);
  return typeof member === "string" ? childPointer(error.instancePath, member) : error.instancePath;
}

function messageOf(error: ErrorObject): string {
  const params: Params = error.params;
  const rule = descriptionOf(error);
  switch (error.keyword) {
    case "required":
    case "dependentRequired":
      return `\`${String(params["missingProperty"])}\` is missing.`;
    case "additionalProperties":
      return `\`${String(params["additionalProperty"])}\` is not known here. ${known(membersOf(error))}`;
    case "unevaluatedProperties":
      return `\`${String(params["unevaluatedProperty"])}\` is not known here.`;
    case "type":
      return `This must be ${[params["type"]].flat().map(String).map(withArticle).join(" or ")}, not ${kindOf(error.data)}.${formOf(error)}`;
    case "enum":
      return `This must be one of ${quoted([params["allowedValues"]].flat())}.`;
    case "const":
      return `This must be ${quoted([params["allowedValue"]])}.${rule}`;
    case "not":
      return `This is not allowed.${rule}`;
    case "pattern":
    case "format":
      if (params["format"] === "date-time") return aTime;
      return rule === ""
        ? `This ${error.message ?? "is not in the right form"}.`
        : `This is not in the right form.${rule}`;
    case "propertyNames":
      return `\`${String(params["propertyName"])}\` is not a name that is possible here.${ruleOfNames(error)}`;
    case "anyOf":
    case "oneOf":
      return sentenceOfForms(error);
    default:
      return rangeOf(error.keyword, params["limit"]) ?? `This ${error.message ?? "is not possible"}.`;
  }
}

/** Descriptions of times say what they are for. */
const aTime = "This is no time: write it by RFC 3339 with a zone, like `2026-11-22T04:00:00Z`.";

/** Of a text with a form, such as a duration, what its description says of it: who gives a number does not know the form. */
function formOf(error: ErrorObject): string {
  return error.parentSchema?.["pattern"] === undefined ? "" : descriptionOf(error);
}

function known(members: readonly string[]): string {
  return members.length === 0 ? "Nothing can be given here." : `Known: ${quoted(members)}.`;
}

/** The sentence for a bound that is passed; undefined for keywords that are none. */
function rangeOf(keyword: string, limit: unknown): string | undefined {
  const sentences: { readonly [keyword: string]: [before: string, unit: string] } = {
    minimum: ["This must be at least", ""],
    maximum: ["This must be at most", ""],
    minLength: ["This must have at least", " character"],
    maxLength: ["This must have at most", " character"],
    minItems: ["This must have at least", " item"],
    maxItems: ["This must have at most", " item"],
    minProperties: ["This must have at least", " member"],
    maxProperties: ["This must have at most", " member"],
  };
  const [before, unit] = sentences[keyword] ?? [];
  if (before === undefined || unit === undefined) return undefined;
  return `${before} ${String(limit)}${unit === "" || limit === 1 ? unit : `${unit}s`}.`;
}

function suggestionOf(error: ErrorObject): string | undefined {
  const params: Params = error.params;
  if (error.keyword === "additionalProperties") {
    return didYouMean(String(params["additionalProperty"]), membersOf(error));
  }
  if (error.keyword !== "enum" || typeof error.data !== "string") return undefined;
  return didYouMean(
    error.data,
    [params["allowedValues"]].flat().filter((value) => typeof value === "string"),
  );
}

function sentenceOfForms(error: ErrorObject): string {
  const missing = alternatives(error);
  if (missing !== undefined) return `One of ${quoted(missing)} is needed here.`;
  const present = (membersOfForms(error) ?? []).filter((member) => hasMember(error.data, member));
  return present.length > 1 ? `Only one of ${quoted(present)} can be given.` : "This has none of the possible forms.";
}

/** The members of which one is needed. With some of them there, what is wrong is not that one is missing. */
function alternatives(error: ErrorObject): string[] | undefined {
  const needed = membersOfForms(error);
  return needed?.some((member) => hasMember(error.data, member)) ? undefined : needed;
}

/** The members that the branches of `anyOf` or `oneOf` ask for, when each only asks for its own. */
function membersOfForms(error: ErrorObject): string[] | undefined {
  if (error.keyword !== "anyOf" && error.keyword !== "oneOf") return undefined;
  // ajv has checked the schema: the value of this keyword is a list of schemas.
  const branches = error.schema as JsonSchema[];
  const needed = branches.map(({ required }) =>
    Array.isArray(required) && required.length === 1 ? String(required[0]) : "",
  );
  return needed.includes("") ? undefined : needed;
}

function hasMember(value: unknown, member: string): boolean {
  return isObject(value) && Object.hasOwn(value, member);
}

function membersOf(error: ErrorObject): string[] {
  const properties: unknown = error.parentSchema?.["properties"];
  return isObject(properties) ? Object.keys(properties) : [];
}

function descriptionOf(error: ErrorObject): string {
  const description: unknown = error.parentSchema?.["description"];
  return typeof description === "string" ? ` ${description}` : "";
}

function ruleOfNames(error: ErrorObject): string {
  return isObject(error.schema) && typeof error.schema["description"] === "string"
    ? ` ${error.schema["description"]}`
    : "";
}

function quoted(words: readonly unknown[]): string {
  return words.map((word) => `\`${typeof word === "string" ? word : JSON.stringify(word)}\``).join(", ");
}

function withArticle(type: string): string {
  if (type === "null") return "null";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return withArticle(Array.isArray(value) ? "array" : typeof value);
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
