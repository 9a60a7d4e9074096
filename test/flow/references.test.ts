// What is wrong with a path, and what was meant?
import { acceptPlace, faultOf, faultOfField } from "../../src/flow/references.ts";

const names = { steps: new Set<string>(), vars: new Set<string>() };

test.each<[path: string, suggestion: string | undefined]>([
  ["event", undefined],
  ["event.data", undefined],
  ["event.data.total", undefined],
  ["event.occurredAt", undefined],
  ["event.dta.total", "event.data.total"],
  ["event.typ", "event.type"],
  ["event.rating", "event.data.rating"],
  ["event.order.total", "event.data.order.total"],
  ["data.total", "event.data.total"],
  ["evnt.data.total", "event"],
])("%s is read, or this is suggested: %s", (path, suggestion) => {
  expect(faultOf(path, acceptPlace, names)?.suggestion).toBe(suggestion);
});

test.each<[field: string, suggestion: string | undefined]>([
  ["data.total", undefined],
  ["type", undefined],
  ["total", "data.total"],
  ["dta.total", "data.total"],
  ["event.data.total", "data.total"],
])("the field %s is one, or this is suggested: %s", (field, suggestion) => {
  expect(faultOfField(field)?.suggestion).toBe(suggestion);
});
