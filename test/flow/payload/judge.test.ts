// What is a payload schema, what does one take, and what can it not do to us?
import { createPayloadJudge } from "../../../src/flow/payload/judge.ts";

const judge = createPayloadJudge();
afterAll(() => judge.close());

const review = {
  type: "object",
  required: ["id", "rating", "author"],
  properties: {
    id: { type: "string", pattern: "^rev_[0-9]+$" },
    rating: { type: "integer", minimum: 1, maximum: 5 },
    author: { $ref: "#/$defs/person" },
    photos: { type: "array", items: { type: "string", format: "uri" }, maxItems: 10, uniqueItems: true },
    note: { type: ["string", "null"] },
  },
  $defs: {
    person: { type: "object", required: ["name"], properties: { name: { type: "string", minLength: 1 } } },
  },
};

test("a schema takes what it says, and the first thing that is wrong is told with its place", async () => {
  const good = { id: "rev_1", rating: 4, author: { name: "Ann" }, photos: ["https://a.example/1"], note: null };
  expect(await judge.checkSchema(review)).toEqual([]);
  expect(await judge.checkValue(review, good)).toEqual([]);
  expect(await judge.checkValue(review, { ...good, rating: 6 })).toEqual([
    { pointer: "/rating", code: "range", message: "This must be <= 5." },
  ]);
  expect(await judge.checkValue(review, { ...good, author: {} })).toEqual([
    { pointer: "/author/name", code: "required", message: "`name` is missing." },
  ]);
  expect(await judge.checkValue(review, { ...good, id: "1" })).toMatchObject([{ pointer: "/id", code: "format" }]);
  expect(await judge.checkValue(review, [])).toMatchObject([{ pointer: "", code: "type" }]);
});

test("an example is made of a schema, and is valid by it", async () => {
  const made = await judge.sample(review);
  expect(made).toMatchObject({ ok: true, value: { id: expect.stringMatching(/^rev_[0-9]+$/), author: {} } });
  expect(await judge.checkValue(review, "value" in made ? made.value : undefined)).toEqual([]);
});

test("where an optional member cannot be made, the example does without it", async () => {
  const schema = {
    type: "object",
    required: ["id"],
    properties: { id: { type: "integer" }, odd: { type: "string", minLength: 40, format: "date-time" } },
  };
  expect(await judge.sample(schema)).toMatchObject({ ok: true, value: { id: 0 } });
});

test("where no example can be made, it is said why", async () => {
  const schema = { type: "object", required: ["a"], properties: { a: { type: "string", not: { minLength: 0 } } } };
  expect(await judge.checkSchema(schema)).toEqual([]);
  expect(await judge.sample(schema)).toEqual({
    ok: false,
    findings: [{ pointer: "/a", code: "value", message: expect.any(String) }],
  });
});

const doubling = (levels: number) => ({
  $ref: "#/$defs/a0",
  $defs: Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [
      `a${level}`,
      level + 1 === levels
        ? { type: "string" }
        : { anyOf: [{ $ref: `#/$defs/a${level + 1}` }, { $ref: `#/$defs/a${level + 1}` }] },
    ]),
  ),
});
const nested = (levels: number): object =>
  levels === 0 ? { type: "string" } : { type: "object", properties: { a: nested(levels - 1) } };

const hostile: { why: string; schema: unknown; pointer: string; code: string }[] = [
  { why: "no object", schema: true, pointer: "", code: "type" },
  { why: "$async", schema: { $async: true }, pointer: "/$async", code: "unknown" },
  {
    why: "$data",
    schema: { properties: { a: { pattern: { $data: "1/b" } } } },
    pointer: "/properties/a/pattern",
    code: "unknown",
  },
  { why: "a remote reference", schema: { $ref: "https://a.example/s.json" }, pointer: "/$ref", code: "format" },
  { why: "a reference to nothing", schema: { $ref: "#/$defs/a" }, pointer: "/$ref", code: "value" },
  { why: "a reference to itself", schema: { $ref: "#" }, pointer: "/$ref", code: "value" },
  {
    why: "a recursive reference",
    schema: { properties: { a: { items: { $ref: "#" } } } },
    pointer: "/properties/a/items/$ref",
    code: "value",
  },
  { why: "$id", schema: { $id: "https://a.example/" }, pointer: "/$id", code: "unknown" },
  {
    why: "$dynamicRef",
    schema: { properties: { a: { $dynamicRef: "#a" } } },
    pointer: "/properties/a/$dynamicRef",
    code: "unknown",
  },
  {
    why: "another dialect",
    schema: { $schema: "http://json-schema.org/draft-07/schema#" },
    pointer: "/$schema",
    code: "value",
  },
  { why: "references that double 26 times", schema: doubling(26), pointer: "", code: "range" },
  {
    why: "a schema 700 deep",
    schema: nested(700),
    pointer: expect.stringMatching(/^(\/properties\/a){16}$/) as unknown as string,
    code: "range",
  },
  {
    why: "an enum of 10 000",
    schema: { enum: Array.from({ length: 501 }, (_, index) => index) },
    pointer: "/enum",
    code: "range",
  },
  { why: "more than 32 KB", schema: { description: "x".repeat(33_000) }, pointer: "", code: "range" },
  {
    why: "uniqueItems without an end",
    schema: { type: "array", uniqueItems: true },
    pointer: "/uniqueItems",
    code: "range",
  },
  { why: "a pattern of back-references", schema: { pattern: "(a)\\1" }, pointer: "/pattern", code: "format" },
  { why: "a long pattern", schema: { pattern: "a".repeat(300) }, pointer: "/pattern", code: "format" },
  {
    why: "a bad pattern of names",
    schema: { patternProperties: { "(": {} } },
    pointer: "/patternProperties",
    code: "format",
  },
  {
    why: "an example of a thousand million items",
    schema: { type: "array", minItems: 1e9, items: {} },
    pointer: "",
    code: "range",
  },
  { why: "an example of a long text", schema: { type: "string", minLength: 1e9 }, pointer: "", code: "range" },
  {
    why: "items that multiply",
    schema: { type: "array", minItems: 50, items: { type: "array", minItems: 50, items: {} } },
    pointer: "",
    code: "range",
  },
  { why: "a misspelt keyword", schema: { requird: [] }, pointer: "/requird", code: "unknown" },
  { why: "an unknown type", schema: { type: "text" }, pointer: "", code: "form" },
  { why: "an unknown format", schema: { type: "string", format: "colour" }, pointer: "", code: "form" },
];

test.each(hostile)("a schema is refused: $why", async ({ schema, pointer, code }) => {
  const [first] = await judge.checkSchema(schema);
  expect(first).toMatchObject({ pointer, code, message: expect.any(String) });
});

test("names of members are no keywords: a member may be called $ref or $async", async () => {
  const schema = { type: "object", properties: { $ref: { type: "string" }, $async: { type: "boolean" } } };
  expect(await judge.checkSchema(schema)).toEqual([]);
});

test("members that only the prototype has are missing", async () => {
  expect(await judge.checkValue({ type: "object", required: ["constructor"] }, {})).toMatchObject([
    { code: "required" },
  ]);
});

test("each pattern of a schema is its own", async () => {
  const schema = { type: "object", properties: { a: { pattern: "^a$" }, b: { pattern: "^b$" } } };
  expect(await judge.checkValue(schema, { a: "a", b: "b" })).toEqual([]);
  expect(await judge.checkValue(schema, { a: "a", b: "a" })).toMatchObject([{ pointer: "/b", code: "format" }]);
});

test("a pattern that is exponential elsewhere is linear here", async () => {
  const schema = { type: "string", pattern: "^(a+)+$" };
  expect(await judge.checkSchema(schema)).toEqual([]);
  expect(await judge.checkValue(schema, `${"a".repeat(5_000)}b`)).toMatchObject([{ code: "format" }]);
});

test("a value that takes too long to judge ends its thread, and the next question is answered by another one", async () => {
  const anyOf = Array.from({ length: 400 }, (_, index) => ({ pattern: `^(x|y)*${index}z{1,40}$` }));
  const schema = { type: "array", items: { anyOf } };
  expect(await judge.checkSchema(schema)).toEqual([]);
  const slow = judge.checkValue(
    schema,
    Array.from({ length: 40_000 }, () => "xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy399zz"),
  );
  const other = judge.checkValue({ type: "string" }, "a");
  expect(await slow).toEqual([{ pointer: "", code: "range", message: expect.stringContaining("too much time") }]);
  expect(await other).toEqual([]);
});
