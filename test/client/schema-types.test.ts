// Which type does a schema become? A type never refuses what its schema takes.
import { byType } from "../../src/model/json.ts";
import { typeOf } from "../../scripts/schema-types.ts";

const withoutSpace = (text: string) => text.replaceAll(/\s+/g, " ");

test.each<[string, unknown, string]>([
  ["no form", {}, "unknown"],
  ["true", true, "unknown"],
  ["false", false, "never"],
  ["a text", { type: "string", pattern: "^a" }, "string"],
  ["a whole number", { type: "integer" }, "number"],
  ["a value or null", { type: ["string", "null"] }, "string | null"],
  ["a list of words", { enum: ["a", 1, null] }, '"a" | 1 | null'],
  ["one value", { const: "a" }, '"a"'],
  ["a reference", { $ref: "#/components/schemas/Run" }, "Run"],
  ["a list", { type: "array", items: { type: ["string", "null"] } }, "(string | null)[]"],
  ["a list of anything", { type: "array" }, "unknown[]"],
  ["an open object", { type: "object" }, "{ [name: string]: unknown }"],
  ["a map", { type: "object", additionalProperties: { type: "string" } }, "{ [name: string]: string }"],
  ["an empty object", { type: "object", additionalProperties: false }, "{ [name: string]: never }"],
  ["members", { required: ["a"], properties: { a: {}, "b-c": { type: "string" } } }, '{ a: unknown; "b-c"?: string; }'],
  [
    "members beside a map",
    { type: "object", properties: { a: { type: "string" } }, additionalProperties: {} },
    "{ a?: string; } & { [name: string]: unknown }",
  ],
  ["a choice", { oneOf: [{ type: "string" }, { type: "array", items: {} }] }, "string | (unknown)[]"],
  ["a choice that takes anything", { anyOf: [{ type: "string" }, {}] }, "unknown"],
  ["all of", { allOf: [{ $ref: "#/a/A" }, { $ref: "#/a/B" }] }, "(A) & (B)"],
  [
    "a form for each type",
    byType({ string: { enum: ["x"] }, array: { items: { type: "number" } } }),
    '"x" | (number)[]',
  ],
  [
    "a condition on values, which no type can say",
    { type: "object", properties: { a: {} }, if: { properties: { a: { const: 1 } } }, then: { required: ["b"] } },
    "{ a?: unknown; }",
  ],
  [
    "a form by the member that decides it",
    {
      type: "object",
      if: { required: ["a"] },
      then: { properties: { a: { type: "string" } } },
      else: {
        if: { required: ["b"] },
        then: { properties: { b: {} } },
        else: { anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      },
    },
    "{ a: string; } | { b: unknown; }",
  ],
])("%s", (_, schema, type) => {
  expect(withoutSpace(typeOf(schema))).toBe(type);
});

test("what a member means is said, and cannot end the comment", () => {
  const schema = { type: "object", properties: { a: { type: "string", description: "Ends */ here." } } };
  expect(withoutSpace(typeOf(schema))).toBe("{ /** Ends * / here. */ a?: string; }");
});
