// Which keywords may a payload schema have, and where do schemas stand within it? JSON Schema 2020-12.
import type { JsonSchema } from "../../model/json.ts";

/** Keywords whose value is a schema. */
const oneSchema = [
  "items",
  "contains",
  "additionalProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
  "not",
  "if",
  "then",
  "else",
];
/** Keywords whose value is a list of schemas. */
const schemaLists = ["allOf", "anyOf", "oneOf", "prefixItems"];
/** Keywords whose value is schemas by name. */
const schemaMaps = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/** Keywords that are taken; `example` is OpenAPI's, and people write it. */
export const keywords: ReadonlySet<string> = new Set([
  ...oneSchema,
  ...schemaLists,
  ...schemaMaps,
  ..."$schema $ref $comment title description default deprecated readOnly writeOnly examples example".split(" "),
  ..."type enum const format contentEncoding contentMediaType contentSchema".split(" "),
  ..."multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern".split(" "),
  ..."maxItems minItems uniqueItems maxContains minContains".split(" "),
  ..."maxProperties minProperties required dependentRequired".split(" "),
]);

const noNames = "is not taken: a `$ref` leads to a place in the schema, `#/$defs/name`.";

/** Keywords that are refused, each with the reason. */
export const keywordsRefused: { readonly [keyword: string]: string } = {
  $async: "`$async` is not taken: such a schema would let everything pass.",
  $data: "`$data` is not taken: write the value itself.",
  $id: `\`$id\` ${noNames}`,
  $anchor: `\`$anchor\` ${noNames}`,
  $dynamicAnchor: `\`$dynamicAnchor\` ${noNames}`,
  $dynamicRef: `\`$dynamicRef\` ${noNames}`,
  $recursiveAnchor: `\`$recursiveAnchor\` ${noNames}`,
  $recursiveRef: `\`$recursiveRef\` ${noNames}`,
  $vocabulary: "`$vocabulary` is not taken.",
};

export type Subschema = { keyword: string; path: string[]; schema: unknown };

/** The schemas that stand directly in a schema, with the keys that lead to each. */
export function subschemasOf(schema: JsonSchema): Subschema[] {
  return Object.entries(schema).flatMap(([keyword, value]): Subschema[] => {
    if (oneSchema.includes(keyword)) return [{ keyword, path: [keyword], schema: value }];
    const many = schemaLists.includes(keyword) ? Array.isArray(value) : schemaMaps.includes(keyword) && isMap(value);
    if (!many) return [];
    // A list or an object, as has just been seen: its entries are its items or members.
    return Object.entries(value as object).map(([key, one]) => ({ keyword, path: [keyword, key], schema: one }));
  });
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
