// JSON as TypeScript sees it, and the dialect of JSON Schema that every noun's schema is written in.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A JSON Schema (2020-12) as plain data: ajv compiles it, OpenAPI 3.1 shows it as it stands. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema that takes one form for each JSON type: a wrong value is told about the form of its own type only, never about all of them. */
export function byType(forms: { readonly [type: string]: JsonSchema }): JsonSchema {
  const types = Object.keys(forms);
  return { type: types, allOf: types.map((type) => ({ if: { type }, then: forms[type] })) };
}
