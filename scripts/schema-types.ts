// Which TypeScript type has a JSON Schema? For the forms that the API's schemas use; what cannot be said in a type is left out, so that a type never refuses what its schema takes.

type Schema = { readonly [keyword: string]: unknown };
type Properties = { readonly [name: string]: unknown };

/** The TypeScript type of a schema (JSON Schema 2020-12, references as OpenAPI writes them). */
export function typeOf(schema: unknown): string {
  return typeWithout(schema, []);
}

/** A comment for what a type or member means, or nothing. */
export function docOf(schema: unknown): string {
  const text = isSchema(schema) ? schema["description"] : undefined;
  return typeof text === "string" ? `/** ${text.replaceAll("*/", "* /")} */\n` : "";
}

/** A name as a member: quoted unless it is an identifier. */
export function memberName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** `absent`: members that a value is known not to have, because another form of a union has them. */
function typeWithout(schema: unknown, absent: readonly string[]): string {
  if (schema === false) return "never";
  if (!isSchema(schema)) return "unknown";
  const { $ref } = schema;
  if (typeof $ref === "string") return $ref.slice($ref.lastIndexOf("/") + 1);
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return union(schema["enum"].map((value) => JSON.stringify(value)));
  const types = typesOf(schema);
  if (types.length > 1) return union(types.map((type) => typeWithout(formOf(schema, type), absent)));
  if (types[0] === "object") return objectType(schema, absent);
  if (types.length === 0) return combined(schema, absent);
  return valueType(String(types[0]), schema);
}

/** The types that a schema names; an object without its type is known by its members. */
function typesOf(schema: Schema): string[] {
  const { type } = schema;
  if (Array.isArray(type)) return type.map(String);
  if (typeof type === "string") return [type];
  return "properties" in schema ? ["object"] : [];
}

function valueType(type: string, schema: Schema): string {
  if (type === "integer") return "number";
  if (type === "array") return "items" in schema ? `(${typeOf(schema["items"])})[]` : "unknown[]";
  return type;
}

/** The form that a schema of several types has for one of them: its own keywords with those of `if this type, then`. */
function formOf(schema: Schema, type: string): Schema {
  const { allOf, description: _, ...rest } = schema;
  const forms = (Array.isArray(allOf) ? allOf : []).filter(isSchema);
  const then = forms.find((form) => isSchema(form["if"]) && form["if"]["type"] === type)?.["then"];
  return isSchema(then) && "$ref" in then ? then : { ...rest, ...(isSchema(then) ? then : {}), type };
}

function combined(schema: Schema, absent: readonly string[]): string {
  const choices = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(choices)) return union(choices.map((one) => typeWithout(one, absent)));
  const { allOf } = schema;
  if (Array.isArray(allOf)) return allOf.map((one) => `(${typeOf(one)})`).join(" & ");
  return "unknown";
}

function objectType(schema: Schema, absent: readonly string[]): string {
  const { if: condition, then, else: otherwise, ...base } = schema;
  const deciding = decidingMembers(condition);
  if (deciding === undefined) return plainObject(base, absent);
  const withMember =
    isSchema(then) && "$ref" in then ? then : merged(base, then, deciding.length === 1 ? deciding : []);
  return union([
    typeWithout(withMember, absent),
    typeWithout(merged(base, otherwise, []), otherwise === undefined ? absent : [...absent, ...deciding]),
  ]);
}

/** The members whose presence an `if` asks for; undefined when it asks for something else. */
function decidingMembers(condition: unknown): string[] | undefined {
  if (!isSchema(condition)) return undefined;
  const { required, anyOf } = condition;
  if (Array.isArray(required)) return required.map(String);
  const choices = Array.isArray(anyOf) ? anyOf.map(decidingMembers) : [];
  return choices.length > 0 && choices.every((one) => one !== undefined) ? choices.flat() : undefined;
}

function merged(base: Schema, form: unknown, required: readonly string[]): Schema {
  const own = isSchema(form) ? form : {};
  return {
    ...base,
    ...own,
    type: "object",
    required: [...listOf(base["required"]), ...listOf(own["required"]), ...required],
    properties: { ...propertiesOf(base), ...propertiesOf(own) },
  };
}

function plainObject(schema: Schema, absent: readonly string[]): string {
  // Each choice needs a member that is not there: no value has this form.
  const { anyOf } = schema;
  const choices = Array.isArray(anyOf) ? anyOf.map((one) => decidingMembers(one) ?? []) : [];
  if (choices.length > 0 && choices.every((one) => one.some((name) => absent.includes(name)))) return "never";
  const properties = Object.entries(propertiesOf(schema));
  const rest =
    schema["additionalProperties"] ?? Object.values(propertiesOf({ properties: schema["patternProperties"] }))[0];
  const index = `{ [name: string]: ${typeOf(rest)} }`;
  if (properties.length === 0) return rest === false ? "{ [name: string]: never }" : index;
  const required = new Set(listOf(schema["required"]));
  const members = properties.map(
    ([name, one]) => `${docOf(one)}${memberName(name)}${required.has(name) ? "" : "?"}: ${typeOf(one)};`,
  );
  const known = `{\n${members.join("\n")}\n}`;
  return isSchema(rest) ? `${known} & ${index}` : known;
}

function propertiesOf(schema: Schema): Properties {
  const { properties } = schema;
  return isSchema(properties) ? properties : {};
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function union(types: string[]): string {
  const possible = [...new Set(types)].filter((type) => type !== "never");
  if (possible.includes("unknown")) return "unknown";
  return possible.length === 0
    ? "never"
    : possible.map((type) => (type.includes("&") ? `(${type})` : type)).join(" | ");
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
