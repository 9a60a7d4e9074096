// What a step can read of the run, and that names chosen by authors stay names.
import { interpret } from "../../../src/flow/interpret.ts";
import { openScope, sliceScope, type ScopeSlice } from "../../../src/flow/scope.ts";
import { anAction, aPlan, aSet, aStart, effectsOf } from "../../support/plans.ts";

function aScope() {
  const scope = openScope(aPlan([]), aStart());
  scope.steps["case"] = { id: 1 };
  scope.steps["other"] = 2;
  scope.vars["total"] = 3;
  scope.vars["vip"] = null;
  return scope;
}

test.each<[string[], ScopeSlice]>([
  [[], {}],
  [["event", "event.data.rating"], {}],
  [["steps.case"], { steps: { case: { id: 1 } } }],
  [["steps.case.id", "steps.case"], { steps: { case: { id: 1 } } }],
  [["steps.none"], { steps: {} }],
  [["steps"], { steps: { case: { id: 1 }, other: 2 } }],
  [["vars.vip", "steps.other"], { vars: { vip: null }, steps: { other: 2 } }],
  [["vars.total", "vars"], { vars: { total: 3, vip: null } }],
  [["flow.slug"], { flow: { id: "flow_1", slug: "bad-reviews", name: "Escalate bad reviews", version: 1 } }],
  [["run.id", "tenant", "env.region"], { run: { id: "run_1" }, tenant: { id: "tnt_1" }, env: {} }],
  [["error"], {}],
  [["output", "item.id", "unknown"], {}],
])("a step that uses %j is given just that", (uses, slice) => {
  expect(sliceScope(aScope(), uses)).toEqual(slice);
});

test("the error is given where there is one", () => {
  const error = { step: "a", class: "timeout", code: "timeout", message: "Too slow." } as const;
  expect(sliceScope({ ...aScope(), error }, ["error.class"])).toEqual({ error });
});

test("a slice does not change when later steps end", () => {
  const scope = aScope();
  const slice = sliceScope(scope, ["steps", "vars"]);
  scope.steps["later"] = 1;
  scope.vars["total"] = 4;
  expect(slice).toEqual({ steps: { case: { id: 1 }, other: 2 }, vars: { total: 3, vip: null } });
});

test.each(["__proto__", "constructor", "hasOwnProperty", "toString"])(
  "a step or variable named %s is only a name, and nothing inherited is read in its place",
  async (name) => {
    expect(JSON.stringify(sliceScope(aScope(), [`steps.${name}`, `vars.${name}`]))).toBe('{"steps":{},"vars":{}}');
    const values: unknown = JSON.parse(`{ "${name}": { "polluted": true } }`);
    const effects = effectsOf();
    const steps = [
      // Parsed from the object literal above.
      aSet("s", values as { [name: string]: { polluted: boolean } }),
      anAction(name, { path: "a" }),
      anAction("b", { uses: [`vars.${name}`, `steps.${name}`] }),
    ];
    await interpret(aPlan(steps), aStart(), effects);
    expect(JSON.parse(JSON.stringify(effects.asked.at(-1)?.scope))).toEqual(
      JSON.parse(`{ "vars": { "${name}": { "polluted": true } }, "steps": { "${name}": { "from": "a" } } }`),
    );
    expect({}).not.toHaveProperty("polluted");
  },
);
