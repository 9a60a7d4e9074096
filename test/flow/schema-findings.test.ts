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
  ["without members", { type: "object", minProperties: 1 }, {}, "This must have at least 1 member."],
])("%s", (_, schema, value, message) => {
  expect(messagesOf(schema, value)).toEqual([message]);
});

test("a member where none is taken is not answered with an empty list", () => {
  const nothing: JsonSchema = { type: "object", additionalProperties: false, properties: {} };
  expect(messagesOf(nothing, { cursor: "x" })).toEqual(["`cursor` is not known here. Nothing can be given here."]);
});
