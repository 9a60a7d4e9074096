// Are the sentences about values that a schema refuses ones that a person can act on?
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import type { JsonSchema } from "../../src/model/json.ts";

const messagesOf = (schema: JsonSchema, value: unknown) =>
  createSchemaCheck(schema)(value).map(({ message }) => message);

test.each<[string, JsonSchema, unknown, string]>([
  ["too small", { minimum: 1 }, 0, "This must be at least 1."],
  ["too large", { maximum: 200 }, 1000, "This must be at most 200."],
  ["empty", { type: "string", minLength: 1 }, "", "This must have at least 1 character."],
  ["too long", { type: "string", maxLength: 2 }, "abc", "This must have at most 2 characters."],
  ["too few", { type: "array", minItems: 2 }, [1], "This must have at least 2 items."],
  ["too many", { type: "array", maxItems: 1 }, [1, 2], "This must have at most 1 item."],
  [
    "a number for a text with a form",
    { type: "string", pattern: "^[0-9]+s$", description: "A duration, like `10s`." },
    10,
    "This must be a string, not a number. A duration, like `10s`.",
  ],
  [
    "a time that is none",
    { type: "string", format: "date-time", description: "Only what came since." },
    "yesterday",
    "This is no time: write it by RFC 3339 with a zone, like `2026-11-22T04:00:00Z`.",
  ],
  ["a constant", { const: false, description: "Or an object." }, true, "This must be `false`. Or an object."],
  [
    "two members for one thing",
    { type: "object", oneOf: [{ required: ["url"] }, { required: ["endpointUrl"] }] },
    { url: "a", endpointUrl: "b" },
    "Only one of `url`, `endpointUrl` can be given.",
  ],
  [
    "none of them",
    { type: "object", anyOf: [{ required: ["before"] }, { required: ["endpoint"] }] },
    { cursor: "x" },
    "One of `before`, `endpoint` is needed here.",
  ],
  ["without members", { type: "object", minProperties: 1 }, {}, "This must have at least 1 member."],
])("%s", (_, schema, value, message) => {
  expect(messagesOf(schema, value)).toEqual([message]);
});

test("a member where none is taken is not answered with an empty list", () => {
  const nothing: JsonSchema = { type: "object", additionalProperties: false, properties: {} };
  expect(messagesOf(nothing, { cursor: "x" })).toEqual(["`cursor` is not known here. Nothing can be given here."]);
});
