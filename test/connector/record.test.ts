// What of an attempt is recorded: no secret, however many there were.
import { createGrowingRedactor, recordedResponse } from "../../src/connector/record.ts";

const token = (index: number): string => `token/${index}+abcdefgh`;

test("secrets that are added are looked for beside those that were there from the start", () => {
  const redactor = createGrowingRedactor(["lasting/secret+1"]);
  for (let index = 0; index < 10; index++) redactor.add([token(index)]);
  const text = ["lasting/secret+1", token(0), token(9), "a word"].join(" ");
  expect(redactor.redact(text)).toBe("[redacted] [redacted] [redacted] a word");
});

test("hundreds of tokens later the last ones and the lasting ones are looked for, and no more than that", () => {
  const redactor = createGrowingRedactor(["lasting/secret+1"]);
  for (let index = 0; index < 300; index++) redactor.add([token(index)]);
  expect(redactor.redact(`lasting/secret+1 ${token(299)} ${token(290)}`)).toBe("[redacted] [redacted] [redacted]");
  // Without an end to what is looked for, each one costs more than the one before: a thousand took 17 seconds.
  expect(redactor.redact(token(0))).toBe(token(0));
});

test("what is known already is no addition", () => {
  const redactor = createGrowingRedactor([]);
  redactor.add([token(1)]);
  for (let index = 0; index < 1_000; index++) redactor.add([token(1)]);
  redactor.add([token(2)]);
  expect(redactor.redact(`${token(1)} ${token(2)}`)).toBe("[redacted] [redacted]");
});

test("an answer in another encoding than UTF-8 hides no secret", () => {
  const { redact } = createGrowingRedactor(["geheim-schlüssel"]);
  const recorded = (body: Buffer) =>
    recordedResponse({ ok: true, status: 200, headers: {}, body, truncated: false, phases: { total: 1 } }, redact).body;
  for (const encoding of ["latin1", "utf8"] as const) {
    expect(recorded(Buffer.from("wrong: geheim-schlüssel", encoding))).toBe("wrong: [redacted]");
  }
  expect(recorded(Buffer.from("für", "latin1"))).toBe("f\ufffdr");
});
