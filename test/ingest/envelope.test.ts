// What a publish may look like, and what becomes of it.
import fc from "fast-check";
import { isTime, readBatch, readEnvelope } from "../../src/ingest/envelope.ts";
import { dataBytesMax, publishCounterExamples, publishExamples } from "../../src/model/event.ts";

const read = (value: unknown) => readEnvelope(Buffer.from(JSON.stringify(value)));
const eventOf = (text: string) => {
  const result = readEnvelope(Buffer.from(text));
  if (!result.ok) throw new Error(result.detail);
  return result.event;
};

test.each(publishExamples)("the model's example is an event: %j", (example) => {
  const result = read(example);
  expect(result).toMatchObject({ ok: true, event: { type: example.type, dataText: JSON.stringify(example.data) } });
});

test.each(publishCounterExamples)("the model's counter-example is refused: $why", ({ event, pointer, code }) => {
  const result = read(event);
  if (result.ok) throw new Error("accepted");
  expect(result).toMatchObject({ ok: false, why: "invalid" });
  expect(result.findings).toContainEqual(expect.objectContaining({ pointer, code }));
});

test("data keeps its spelling to the byte", () => {
  const data = '{ "b" : 12345678901234567890 , "a":1.0, "a":"\\u0041\\/", "z": [ ] }';
  expect(eventOf(`{"data": ${data} ,"type":"a.b"}`).dataText).toBe(data);
});

test("any JSON survives publishing unchanged", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (data, indent) => {
      const text = JSON.stringify(data, null, indent);
      expect(eventOf(`{"type":"a","data":${text}}`).dataText).toBe(text);
    }),
  );
});

test("the last data of several is read", () => {
  expect(eventOf('{"type":"a","data":{"x":1},"data":{"x":2}}').dataText).toBe('{"x":2}');
});

test("an event without an id or time gets ours", () => {
  const event = eventOf('{"type":"a","data":null}');
  expect(event.id).toMatch(/^evt_[0-9A-Za-z]{22}$/);
  expect(Math.abs(Date.parse(event.occurredAt) - Date.now())).toBeLessThan(5_000);
});

test.each([
  ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"],
  ["2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456789Z"],
  ["2026-03-01T14:00:00+02:00", "2026-03-01T12:00:00.000Z"],
  ["2026-03-01t12:00:00z", "2026-03-01T12:00:00.000Z"],
])("a time is kept in UTC: %s", (given, kept) => {
  expect(eventOf(JSON.stringify({ type: "a", data: 1, occurredAt: given })).occurredAt).toBe(kept);
});

test.each(["2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01", "yesterday", ""])(
  "%j is no time",
  (text) => expect(isTime(text)).toBe(false),
);
test("the 29th of February is a time in leap years only", () => {
  expect([isTime("2024-02-29T00:00:00Z"), isTime("2026-02-29T00:00:00Z")]).toEqual([true, false]);
});

test("every mistake is told at once, an unknown member with a suggestion", () => {
  const result = read({ typ: "a.b", id: 7, occurredAt: "now", source: "" });
  if (result.ok) throw new Error("accepted");
  expect(result.findings.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
    "/data required",
    "/id type",
    "/occurredAt format",
    "/source range",
    "/typ unknown",
    "/type required",
  ]);
  expect(result.findings.find((one) => one.pointer === "/typ")?.suggestion).toBe("type");
});

test("keys of the prototype in data are only data, and in the envelope unknown", () => {
  const data = '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}';
  expect(eventOf(`{"type":"a","data":${data}}`).dataText).toBe(data);
  const result = readEnvelope(Buffer.from('{"type":"a","data":1,"__proto__":{"id":"x"}}'));
  expect(result).toMatchObject({ ok: false, findings: [{ pointer: "/__proto__", code: "unknown" }] });
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test("data of 512 KB is taken, a byte more is not", () => {
  const text = (bytes: number) => Buffer.from(`{"type":"a","data":"${"x".repeat(bytes - 2)}"}`);
  expect(readEnvelope(text(dataBytesMax)).ok).toBe(true);
  expect(readEnvelope(text(dataBytesMax + 1))).toMatchObject({ ok: false, why: "too_large" });
});

test("many unknown members are told of up to a bound", () => {
  const result = read(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, i])));
  if (result.ok) throw new Error("accepted");
  expect(result.findings.length).toBe(200);
});

test.each(["list", "object"])("a batch as %s keeps each event's data", (form) => {
  const items = '[{"type":"a","data": 1.0 },{"data":{"b" :2},"type":"b"}]';
  const result = readBatch(Buffer.from(form === "list" ? items : `{ "events" : ${items} }`));
  if (!result.ok) throw new Error(result.detail);
  expect(result.events.map(({ type, dataText }) => [type, dataText])).toEqual([
    ["a", "1.0"],
    ["b", '{"b" :2}'],
  ]);
});

test.each([
  ["one wrong event", [{ type: "a", data: 1 }, { type: "a" }], "/1/data"],
  ["one wrong event in an object", { events: [{ data: 1 }] }, "/events/0/type"],
  ["no events", [], ""],
  ["too many", Array(101).fill({ type: "a", data: 1 }), ""],
  ["no list", { events: {} }, "/events"],
  ["a missing list", {}, "/events"],
  ["an unknown member", { events: [], evnts: [] }, "/evnts"],
  ["a text", "x", ""],
])("a batch is refused as a whole: %s", (_, value, pointer) => {
  const result = readBatch(Buffer.from(JSON.stringify(value)));
  if (result.ok) throw new Error("accepted");
  expect(result.findings[0]?.pointer).toBe(pointer);
});
