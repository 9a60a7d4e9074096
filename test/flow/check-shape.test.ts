// Does saving refuse what is no flow, all of it at once, at its place, and without harm from hostile documents?
import fc from "fast-check";
import { checkFlowShape, documentDepthMax } from "../../src/flow/check-shape.ts";
import { flowCounterExamples, flowExamples } from "../../src/model/flow-examples.ts";
import { flowBytesMax } from "../../src/model/flow.ts";

const send = { id: "send", use: "webhook.post", with: { url: "https://hooks.example.com/in" } };
const flowOf = (more: object) => ({ name: "x", on: { event: "a.b" }, steps: [send], ...more });

test.each(flowExamples.map((flow) => [flow.name, flow] as const))("%s may be saved", (_, flow) => {
  expect(checkFlowShape(flow)).toEqual([]);
});

test.each(flowCounterExamples)("saving refuses: $why", ({ flow, pointer, code }) => {
  expect(checkFlowShape(flow)).toContainEqual(expect.objectContaining({ pointer, code }));
});

test("every mistake is told at once, with its place, a sentence and the word that was meant", () => {
  const found = checkFlowShape({
    nam: "x",
    on: { event: "a.b" },
    steps: [
      { use: "webhook.post", retries: 3, onErorr: "continue" },
      { id: "b", stop: "faild" },
    ],
  });
  expect(found).toHaveLength(6);
  expect(found).toEqual(
    expect.arrayContaining([
      { pointer: "/name", code: "required", message: "`name` is missing." },
      expect.objectContaining({ pointer: "/nam", code: "unknown", suggestion: "name" }),
      { pointer: "/steps/0/id", code: "required", message: "`id` is missing." },
      expect.objectContaining({ pointer: "/steps/0/retries", code: "unknown", suggestion: "retry" }),
      expect.objectContaining({ pointer: "/steps/0/onErorr", code: "unknown", suggestion: "onError" }),
      {
        pointer: "/steps/1/stop",
        code: "value",
        message: "This must be one of `succeeded`, `failed`.",
        suggestion: "failed",
      },
    ]),
  );
});

test("a wrong type is told with the types that are possible", () => {
  expect(checkFlowShape(flowOf({ on: 5 }))).toEqual([
    { pointer: "/on", code: "type", message: "This must be an object or an array, not a number." },
  ]);
});

test("a wrong form is told with the form that is right", () => {
  const [found] = checkFlowShape(flowOf({ timeout: "1.5h" }));
  expect(found).toMatchObject({ pointer: "/timeout", code: "format" });
  expect(found?.message).toContain("a whole number and a unit, like `2h`");
});

test("members with a slash or tilde are pointed at by RFC 6901", () => {
  expect(checkFlowShape(flowOf({ "a/b~c": 1 }))).toEqual([expect.objectContaining({ pointer: "/a~1b~0c" })]);
});

describe("a hostile document", () => {
  const nested = (levels: number): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = [value];
    return value;
  };

  test("that is very deep is refused without being walked to its end", () => {
    expect(checkFlowShape(flowOf({ output: nested(200_000) }))).toEqual([expect.objectContaining({ code: "limit" })]);
    expect(checkFlowShape(flowOf({ output: nested(documentDepthMax - 1) }))).toEqual([]);
  });

  test("that contains itself is refused", () => {
    const document: { [key: string]: unknown } = flowOf({});
    document["output"] = document;
    expect(checkFlowShape(document)).toEqual([expect.objectContaining({ code: "limit" })]);
  });

  test("that is too long is refused, by bytes and not by characters", () => {
    expect(checkFlowShape(flowOf({ output: "é".repeat(flowBytesMax / 2) }))).toEqual([
      expect.objectContaining({ pointer: "", code: "limit" }),
    ]);
    expect(checkFlowShape(flowOf({ output: "e".repeat(flowBytesMax / 2) }))).toEqual([]);
  });

  test.each(["__proto__", "constructor", "prototype"])("cannot have %s as a key, wherever", (key) => {
    const document: unknown = JSON.parse(
      `{"name":"x","on":{"event":"a"},"steps":[],"output":{"a":[{"${key}":{"x":1}}]}}`,
    );
    expect(checkFlowShape(document)).toEqual([expect.objectContaining({ pointer: `/output/a/0/${key}`, code: "key" })]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test.each([
    ["a function", () => 1],
    ["no number", Number.NaN],
    ["a big integer", 1n],
    ["nothing", undefined],
  ])("with %s in it is no JSON", (_, value) => {
    expect(checkFlowShape(flowOf({ output: [value] }))).toEqual([
      expect.objectContaining({ pointer: "/output/0", code: "type" }),
    ]);
  });

  test("with endless mistakes is answered with a bounded list", () => {
    const keys = Object.fromEntries(Array.from({ length: 8_000 }, (_, index) => [`k${index}`, 1]));
    const found = checkFlowShape(flowOf(keys));
    expect(found.length).toBeGreaterThan(100);
    expect(found.length).toBeLessThanOrEqual(500);
  });
});

test("any JSON is judged without throwing", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (document) => {
      expect(Array.isArray(checkFlowShape(document))).toBe(true);
    }),
  );
});
