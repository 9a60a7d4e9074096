// A system that books twice when it is asked twice. With `book` one can look afterwards, with `bookBlind` one cannot.
import { defineAction, defineConnector, type ActionOf, type Connector } from "../../src/connector/contract.ts";
import { readJson } from "../../src/connector/json-answer.ts";
import { failureOfResult } from "../../src/delivery/classify.ts";
import type { JsonObject } from "../../src/model/json.ts";

type Booking = { url: string; amount: number; note?: string; pin?: string; perMs?: number };

const book: ActionOf<Booking> = {
  id: "book",
  title: "Book an amount",
  description: "For the tests.",
  effect: "unsafe-write",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["url", "amount"],
    properties: {
      url: { type: "string" },
      amount: { type: "number" },
      note: { type: "string" },
      pin: { type: "string", "x-secret": true },
      perMs: { type: "integer" },
    },
  },
  output: { type: "object", examples: [{ id: "b1" }] },
  counterExamples: [],
  request: ({ url, amount, note, pin }, { deliveryId }) => ({
    ok: true,
    request: { method: "POST", url, headers: { "x-key": deliveryId }, body: JSON.stringify({ amount, note, pin }) },
  }),
  response(answer) {
    const failure = failureOfResult(answer);
    if (failure) return { ok: false, failure };
    const read = readJson(answer);
    return read.ok ? { ok: true, output: read.value } : { ok: false, failure: read.failure };
  },
  throttle: ({ perMs }) => (perMs === undefined ? undefined : { key: "book", perMs }),
  reconcile: {
    request: ({ url }, { deliveryId }) => ({ method: "GET", url: `${url}/?key=${deliveryId}`, headers: {} }),
    response(answer) {
      const failure = failureOfResult(answer);
      if (failure) return { outcome: "unknown", failure };
      const read = readJson(answer);
      if (!read.ok) return { outcome: "unknown", failure: read.failure };
      const { found = null } = read.value as JsonObject; // The ledger of these tests answers objects.
      return found === null ? { outcome: "did_not_happen" } : { outcome: "happened", output: found };
    },
  },
};

export function aLedger(): Connector {
  const { reconcile: _, ...blind } = book;
  return defineConnector({
    id: "ledger",
    title: "Ledger",
    description: "For the tests.",
    auth: { methods: [], connection: "optional" },
    refusalsCount: true,
    actions: [defineAction(book), defineAction({ ...blind, id: "bookBlind" })],
  });
}
