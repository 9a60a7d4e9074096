// CloudEvents 1.0 in the three modes of the HTTP binding.
import fc from "fast-check";
import {
  decodeHeaderValue,
  joinedId,
  readBinary,
  readCloudEventsBatch,
  readStructured,
} from "../../src/ingest/cloudevents.ts";

const attributes = { specversion: "1.0", id: "A-1", source: "/shop", type: "order.created" };
const structured = (rest: object) => readStructured(Buffer.from(JSON.stringify({ ...attributes, ...rest })));
const headers = { "ce-specversion": "1.0", "ce-id": "A-1", "ce-source": "/shop", "ce-type": "order.created" };

test("a structured event becomes an event with its time and exact data", () => {
  const text = `{"specversion":"1.0","id":"A-1","source":"/shop","type":"order.created","time":"2026-03-01T12:00:00Z","data":{ "n" : 1.0 }}`;
  expect(readStructured(Buffer.from(text))).toEqual({
    ok: true,
    event: {
      id: "A-1",
      idWithSource: "A-1@/shop",
      type: "order.created",
      source: "/shop",
      occurredAt: "2026-03-01T12:00:00Z",
      dataText: '{ "n" : 1.0 }',
    },
  });
});

test("extension attributes, subject and dataschema are dropped", () => {
  const result = structured({ data: 1, traceparent: "00-1", subject: "s", dataschema: "https://example.com/s" });
  expect(result).toMatchObject({ ok: true, event: { dataText: "1" } });
});

test("an event without data has null", () => {
  expect(structured({})).toMatchObject({ ok: true, event: { dataText: "null" } });
  expect(readBinary(headers, undefined, Buffer.alloc(0))).toMatchObject({ ok: true, event: { dataText: "null" } });
});

test.each([
  ["no version", { specversion: undefined }, "/specversion", "required"],
  ["another version", { specversion: "0.3" }, "/specversion", "value"],
  ["no id", { id: undefined }, "/id", "required"],
  ["an empty id", { id: "" }, "/id", "range"],
  ["no source", { source: undefined }, "/source", "required"],
  ["no type", { type: undefined }, "/type", "required"],
  ["a type of another form", { type: "a b" }, "/type", "format"],
  ["a time without a zone", { time: "2026-03-01T12:00:00" }, "/time", "format"],
  ["data that is no base64", { data_base64: "!!!!" }, "/data_base64", "format"],
  ["binary data that is no JSON", { data_base64: "AAECAw==" }, "/data_base64", "format"],
  ["both kinds of data", { data: 1, data_base64: "MQ==" }, "/data_base64", "unknown"],
])("a structured event is refused: %s", (_, rest, pointer, code) => {
  const result = structured(rest);
  if (result.ok) throw new Error("accepted");
  expect(result.findings).toContainEqual(expect.objectContaining({ pointer, code }));
});

test("base64 data that is JSON is taken", () => {
  const data = Buffer.from('{"a":1}').toString("base64");
  expect(structured({ data_base64: data })).toMatchObject({ ok: true, event: { dataText: '{"a":1}' } });
});

test("a binary event has its attributes in headers, percent-encoded", () => {
  const result = readBinary(
    { ...headers, "ce-source": "caf%C3%A9%20%E2%82%AC" },
    "application/json",
    Buffer.from(" [1] "),
  );
  expect(result).toMatchObject({ ok: true, event: { source: "café €", dataText: "[1]" } });
});

test("binary data that is no JSON becomes a JSON string of its text", () => {
  const result = readBinary(headers, "text/plain", Buffer.from('say "hi"'));
  expect(result).toMatchObject({ ok: true, event: { dataText: '"say \\"hi\\""' } });
  expect(readBinary(headers, "image/png", Buffer.from([0xff, 0xd8]))).toMatchObject({ ok: false, why: "malformed" });
});

test("binary data that says JSON and is none is refused", () => {
  expect(readBinary(headers, "application/json", Buffer.from("{"))).toMatchObject({ ok: false, why: "malformed" });
});

test.each([
  ["plain", "plain"],
  ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
  ['"a%20\\"b\\""', 'a "b"'],
  ["%zz", undefined],
  ["%ff", undefined],
])("the header value %j is %j", (header, value) => expect(decodeHeaderValue(header)).toBe(value));

test("a batch is read whole or refused whole", () => {
  const good = { ...attributes, data: 1 };
  const both = readCloudEventsBatch(Buffer.from(JSON.stringify([good, { ...good, id: "A-2" }])));
  expect(both).toMatchObject({ ok: true, events: [{ id: "A-1" }, { id: "A-2" }] });
  const bad = readCloudEventsBatch(Buffer.from(JSON.stringify([good, { ...good, type: 1 }])));
  expect(bad).toMatchObject({ ok: false, findings: [{ pointer: "/1/type", code: "type" }] });
  expect(readCloudEventsBatch(Buffer.from("{}"))).toMatchObject({ ok: false, why: "invalid" });
});

test("two events have one id only when both id and source are the same", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "@", "%", "4", "0", "é"), maxLength: 6 });
  fc.assert(
    fc.property(part, part, part, part, (id, source, otherId, otherSource) => {
      const same = id === otherId && source === otherSource;
      expect(joinedId(id, source) === joinedId(otherId, otherSource)).toBe(same);
    }),
  );
});

test("an id that does not fit is hashed, and always the same", () => {
  const id = joinedId("x".repeat(500), "/shop");
  expect(id).toMatch(/^ce_[0-9a-f]{64}$/);
  expect(joinedId("x".repeat(500), "/shop")).toBe(id);
});
