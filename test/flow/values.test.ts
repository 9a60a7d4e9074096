import fc from "fast-check";
import { checkValues, hasTemplates, pathsOfValues, renderValues } from "../../src/flow/values.ts";
import type { Json } from "../../src/model/json.ts";

const scope = {
  event: {
    data: {
      rating: 2,
      title: "Cold",
      tags: ["a", "b"],
      author: { name: "Ann" },
      none: null,
      quote: 'a"b\n</script>\u2028',
    },
  },
  steps: { case: { id: "500x1" } },
};

function valueOf(values: Json, over: unknown = scope): Json {
  const result = renderValues(values, over, { nowMs: 0 });
  if (!result.ok) throw new Error(`${result.code} at ${result.pointer}: ${result.message}`);
  return result.value;
}

describe("renderValues", () => {
  test.each<[Json, Json]>([
    ["plain", "plain"],
    [
      [1, true, null, "x"],
      [1, true, null, "x"],
    ],
    ["{{event.data.rating}}", 2],
    ["{{ event.data.tags }}", ["a", "b"]],
    ["{{{event.data.author}}}", { name: "Ann" }],
    ["{{event.data.none}}", null],
    ["{{event.data.missing.deep}}", null],
    ["{{@root.event.data.rating}}", 2],
    [" {{event.data.rating}}", " 2"],
    ["{{event.data.rating}}{{event.data.rating}}", "22"],
    ["{{number event.data.rating}}", "2"],
    ["Stars: {{event.data.rating}} by {{event.data.author.name}}", "Stars: 2 by Ann"],
    [{ "{{event.data.title}}": "{{event.data.title}}" }, { "{{event.data.title}}": "Cold" }],
    [{ a: [{ b: "{{steps.case.id}}" }] }, { a: [{ b: "500x1" }] }],
    [{ $logic: { "<=": [{ var: "event.data.rating" }, 2] } }, true],
    [{ $logic: { map: [{ var: "event.data.tags" }, { cat: [{ var: "" }, "!"] }] } }, ["a!", "b!"]],
    [{ $logic: { matches: ["abc", "^a"] } }, true],
    [{ $logic: { now: [] } }, "1970-01-01T00:00:00.000Z"],
    [{ $logic: { "/": [1, 0] } }, null],
    [{ $literal: { a: "{{event.data.title}}", $logic: 1 } }, { a: "{{event.data.title}}", $logic: 1 }],
    [{ $literal: "{{x}}" }, "{{x}}"],
    ["\\{{x}}", "{{x}}"],
  ])("%j becomes %j", (values, expected) => {
    expect(valueOf(values)).toEqual(expected);
  });

  test("a value stays within its leaf, whatever is in it", () => {
    const rendered = valueOf({ body: "{{event.data.quote}}", text: "<{{event.data.quote}}>" });
    expect(JSON.parse(JSON.stringify(rendered))).toEqual({
      body: scope.event.data.quote,
      text: `<${scope.event.data.quote}>`,
    });
  });

  test("a rendered value is never rendered again", () => {
    expect(valueOf(["{{v}}", "x{{v}}", { $logic: { var: "v" } }], { v: "{{secret}}", secret: "s" })).toEqual([
      "{{secret}}",
      "x{{secret}}",
      "{{secret}}",
    ]);
    expect(valueOf("{{v}}", { v: { $logic: { var: "secret" } }, secret: "s" })).toEqual({ $logic: { var: "secret" } });
  });

  test("the result shares nothing with the scope or the tree", () => {
    const values: Json = {
      kept: "{{event.data.tags}}",
      literal: { $literal: [[1]] },
      plain: [2],
      logic: { $logic: { var: "event.data.tags" } },
    };
    const before = structuredClone(scope);
    const result = valueOf(values) as { kept: Json[]; literal: Json[][]; plain: Json[]; logic: Json[] };
    result.kept.push("x");
    result.logic.push("x");
    result.literal[0]?.push("x");
    result.plain.push("x");
    expect(scope).toEqual(before);
    expect(valueOf(values)).toEqual({ kept: ["a", "b"], literal: [[1]], plain: [2], logic: ["a", "b"] });
  });

  test.each([
    ["as a key of the tree", '{"__proto__":{"admin":true},"constructor":"x"}', {}],
    ["in a literal", '{"$literal":{"__proto__":{"admin":true},"constructor":"x"}}', {}],
    ["in the scope's data", '"{{event}}"', JSON.parse('{"event":{"__proto__":{"admin":true},"constructor":"x"}}')],
  ])("__proto__ %s stays plain data and pollutes nothing", (_name, values, over: unknown) => {
    const rendered = valueOf(JSON.parse(values) as Json, over);
    expect(Object.keys(rendered as object)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect((rendered as { admin?: boolean }).admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each(["{{constructor}}", "{{event.__proto__}}"])("%s is refused", (text) => {
    expect(renderValues({ a: text }, scope)).toMatchObject({ ok: false, code: "template", pointer: "/a" });
  });

  test("an inherited member is null", () => {
    expect(valueOf(["{{toString}}", "{{event.data.tags.map}}", { $logic: { var: "event.toString" } }])).toEqual([
      null,
      null,
      null,
    ]);
  });

  test.each<[string, Json, "budget" | "template", string]>([
    ["a template that does not parse", { a: ["x", "{{#if}}"] }, "template", "/a/1"],
    ["a wrong argument", { "a/b": "x{{upper event.data.author}}" }, "template", "/a~1b"],
    ["an unknown operator", { a: { $logic: { fubar: [] } } }, "template", "/a/$logic"],
    ["a bad pattern", { a: { $logic: { matches: ["a", "(a"] } } }, "template", "/a/$logic"],
    ["too long a text", ["{{event}}", `{{v}}${"{{t}}".repeat(300)}`], "budget", "/1"],
    ["too large a kept value", { a: "{{big}}" }, "budget", "/a"],
    ["too large a literal", { a: { $literal: "x".repeat(300_000) } }, "budget", "/a"],
    ["many texts together", Array.from({ length: 300 }, () => "{{t}}"), "budget", "/256"],
    [
      "a rule over its budget",
      { a: { $logic: { map: [{ var: "l" }, { map: [{ var: "" }, { map: [[1, 2, 3, 4, 5, 6, 7, 8, 9], 1] }] }] } } },
      "budget",
      "/a/$logic",
    ],
    [
      "many rules together",
      Array.from({ length: 20 }, () => ({ $logic: { all: [{ var: "m" }, true] } })),
      "budget",
      "/16/$logic",
    ],
  ])("%s ends it, and the answer says where", (_name, values, code, pointer) => {
    const big = {
      t: "x".repeat(1020),
      big: "x".repeat(300_000),
      l: Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 1)),
      m: Array.from({ length: 6000 }, () => 1),
    };
    expect(renderValues(values, { ...scope, ...big })).toMatchObject({ ok: false, code, pointer });
  });

  test("without its limits the same attacks succeed", () => {
    const over = { t: "x".repeat(1020), l: Array.from({ length: 6000 }, () => 1) };
    const texts = Array.from({ length: 300 }, () => "{{t}}");
    expect(renderValues(texts, over)).toMatchObject({ ok: false, code: "budget" });
    expect(renderValues(texts, over, { bytes: Infinity })).toMatchObject({ ok: true });
    const rules = Array.from({ length: 20 }, () => ({ $logic: { all: [{ var: "l" }, true] } }));
    expect(renderValues(rules, over)).toMatchObject({ ok: false, code: "budget" });
    expect(renderValues(rules, over, { steps: Infinity })).toMatchObject({ ok: true });
  });

  test("64 levels are the most, and 10,000 are refused", () => {
    const deep = (levels: number): Json => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as Json;
    expect(renderValues(deep(64), {})).toMatchObject({ ok: true });
    expect(renderValues(deep(66), {})).toMatchObject({ ok: false, code: "budget" });
    expect(renderValues(deep(5_000), {})).toMatchObject({ ok: false, code: "budget" });
    expect(checkValues(deep(5_000))).toMatchObject([{ code: "values.depth" }]);
    let data: unknown = 1;
    for (let i = 0; i < 20_000; i++) data = [data];
    expect(renderValues(["{{data}}"], { data })).toMatchObject({ ok: false, code: "budget" });
  });

  test("a tree without templates becomes itself", () => {
    const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !hasTemplates(value));
    fc.assert(
      fc.property(plain, (value) => {
        // Safe: fast-check's JSON values are JSON.
        expect(valueOf(value as Json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });
});

describe("checkValues", () => {
  test("finds every mistake at its place, with a suggestion", () => {
    const findings = checkValues({
      ok: "{{event.data.a}}",
      a: ["{{uper x}}"],
      b: { $logic: { and: [{ fubar: 1 }] } },
      c: { $logic: true, d: 1 },
      e: { $literal: "{{#if}}" },
      f: { $literal: 1, $logic: 2 },
      "{{#if}}": "a key is no template",
    });
    expect(findings.map(({ pointer, code }) => [pointer, code])).toEqual([
      ["/a/0", "template"],
      ["/b/$logic/and/0/fubar", "rule.operator"],
      ["/c/$logic", "values.special"],
      ["/f/$literal", "values.special"],
      ["/f/$logic", "values.special"],
    ]);
    for (const { suggestion } of findings) expect(suggestion).toMatch(/\w{2}/);
  });

  test.each([null, 1, "x", { a: ["{{b.c}}"] }, { $logic: { var: "a" } }, { $literal: { fubar: 1 } }])(
    "accepts %j",
    (values) => {
      expect(checkValues(values)).toEqual([]);
    },
  );
});

test("what a tree reads is known, once and sorted", () => {
  const values = {
    a: "{{steps.case.id}} {{event.data.x}}",
    b: [{ $logic: { "==": [{ var: "vars.y" }, { var: "event.data.x" }] } }],
    c: { $literal: "{{no}}" },
    "{{no}}": 1,
  };
  expect(pathsOfValues(values)).toEqual(["event.data.x", "steps.case.id", "vars.y"]);
  expect(pathsOfValues("{{#if}}")).toEqual([]);
});

test.each<[unknown, boolean]>([
  ["{{a}}", true],
  [{ a: [{ b: "x {{a}}" }] }, true],
  [{ $logic: true }, true],
  [{ $literal: 1 }, true],
  [{ "{{a}}": "x", n: null }, false],
  [5, false],
])("%j has templates: %j", (values, expected) => {
  expect(hasTemplates(values)).toBe(expected);
});
