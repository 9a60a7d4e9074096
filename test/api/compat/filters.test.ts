// Filters of the systems: what they mean for events, and that they are shown as they were written.
import fc from "fast-check";
import {
  conditionOfEventFilters,
  conditionOfFilters,
  eventFiltersOf,
  filtersOf,
} from "../../../src/api/compat/filters.ts";
import { checkCondition } from "../../../src/flow/logic/check-condition.ts";
import { ruleOfCondition } from "../../../src/flow/logic/condition.ts";
import { evaluateLogic, truthy } from "../../../src/flow/logic/evaluate.ts";
import type { Condition, SimpleFilter } from "../../../src/model/flow.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";

function holds(condition: Condition | undefined, data: Json, type = "event.created"): boolean {
  if (condition === undefined) return true;
  expect(checkCondition(condition)).toEqual([]);
  const decided = evaluateLogic(ruleOfCondition(condition), { event: { type, data } });
  if (!decided.ok) throw new Error(decided.message);
  return truthy(decided.value);
}

test.each<[string, JsonObject, Json, boolean]>([
  ["a list means one of", { event_type: ["conference", "meetup"] }, { event_type: "meetup" }, true],
  ["a list means one of", { event_type: ["conference"] }, { event_type: "party" }, false],
  ["a list does not take what is missing", { event_type: ["conference"] }, {}, false],
  ["min_ means at least", { min_attendees: 10 }, { attendees: 10 }, true],
  ["min_ means at least", { min_attendees: 10 }, { attendees: 9 }, false],
  ["min_ does not take what is missing", { min_attendees: 10 }, {}, false],
  ["anything else means equal", { city: "Kyiv", free: true }, { city: "Kyiv", free: true }, true],
  ["all must hold", { city: "Kyiv", free: true }, { city: "Kyiv", free: false }, false],
  ["a path within the data", { "venue.city": "Kyiv" }, { venue: { city: "Kyiv" } }, true],
  [
    "the guide's own",
    { event_type: ["conference"], min_attendees: 10 },
    { event_type: "conference", attendees: 12 },
    true,
  ],
  ["the guide's own", { event_type: ["conference"], min_attendees: 10 }, { event_type: "conference" }, false],
])("event_filters: %s: %j over %j", (_, filters, data, expected) => {
  expect(holds(conditionOfEventFilters(filters), data)).toBe(expected);
});

test.each<[SimpleFilter[], Json, boolean]>([
  [[{ field: "rating", operator: "equals", value: 4 }], { rating: 4 }, true],
  [[{ field: "data.rating", operator: "equals", value: 4 }], { rating: 4 }, true],
  [[{ field: "type", operator: "in", value: ["event.created"] }], {}, true],
  [[{ field: "category", operator: "in", value: ["restaurant", "bar"] }], { category: "bar" }, true],
  [[{ field: "tags", operator: "contains", value: "new" }], { tags: ["new"] }, true],
  [[{ field: "name", operator: "contains", value: "rest" }], { name: "a restaurant" }, true],
  [[{ field: "address.city", operator: "exists" }], { address: { city: "Lviv" } }, true],
  [[{ field: "address.city", operator: "exists", value: false }], { address: {} }, true],
  [
    [
      { field: "category", operator: "equals", value: "bar" },
      { field: "type", operator: "equals", value: "event.deleted" },
    ],
    { category: "bar" },
    false,
  ],
])("filters %j over %j", (filters, data, expected) => {
  expect(holds(conditionOfFilters(filters), data)).toBe(expected);
});

const segment = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((one) => !/^(id|type|source|data|min_.*)$/.test(one));
const scalar = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const eventFilters = fc.dictionary(segment, fc.oneof(scalar, fc.array(scalar, { maxLength: 4 })), { maxKeys: 5 });
const minimum = fc.dictionary(
  segment.map((one) => `min_${one}`),
  fc.integer(),
  { maxKeys: 3 },
);

test("event_filters are shown as they were written", () => {
  fc.assert(
    fc.property(eventFilters, minimum, (equal, least) => {
      const written = { ...equal, ...least };
      const condition = conditionOfEventFilters(written);
      expect(eventFiltersOf(condition) ?? {}).toEqual(written);
    }),
  );
});

const filter: fc.Arbitrary<SimpleFilter> = fc.oneof(
  fc.record({ field: segment, operator: fc.constantFrom("equals" as const, "contains" as const), value: scalar }),
  fc.record({ field: segment, operator: fc.constant("in" as const), value: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ field: segment, operator: fc.constant("exists" as const) }),
  fc.record({ field: segment, operator: fc.constant("exists" as const), value: fc.constant(false) }),
);

test("filters are shown as they were written, by fields of the data and by paths of the event", () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 5 }), fc.boolean(), (bare, rooted) => {
      const written = rooted ? bare.map((one) => ({ ...one, field: `data.${one.field}` })) : bare;
      expect(filtersOf(conditionOfFilters(written))).toEqual(written);
    }),
  );
});

test("filters of an object, of a list in a list, and of a field that is called like a member of the event come back", () => {
  const written: SimpleFilter[] = [
    { field: "owner", operator: "equals", value: { id: 1 } },
    { field: "tags", operator: "contains", value: ["a", { b: 1 }] },
    { field: "data.type", operator: "equals", value: "bar" },
  ];
  expect(filtersOf(conditionOfFilters(written))).toEqual(written);
});

test.each<[string, Condition]>([
  ["a rule of another kind", { "<": [{ var: "event.data.rating" }, 3] }],
  [
    "two conditions on one field",
    { and: [{ equals: [{ var: "event.data.a" }, 1] }, { equals: [{ var: "event.data.a" }, 2] }] },
  ],
  ["a boolean", false],
  ["a field beside the data", [{ field: "type", operator: "equals", value: "a.b" }]],
])("a condition that event_filters cannot say stands whole in $filter, and comes back: %s", (_, condition) => {
  const shown = eventFiltersOf(condition);
  expect(shown).toEqual({ $filter: condition });
  expect(conditionOfEventFilters(shown ?? {})).toEqual(condition);
});

test("no filter is null in one system, and left out in the others", () => {
  expect(eventFiltersOf(undefined)).toBeNull();
  expect(filtersOf(undefined)).toBeUndefined();
  expect(conditionOfFilters([])).toBeUndefined();
  expect(conditionOfEventFilters({})).toBeUndefined();
});
