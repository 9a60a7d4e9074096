// Does a flow compile to the plan that it describes, and is each mistake found before it runs?
import fc from "fast-check";
import { compileFlow, type CompileContext } from "../../src/flow/compile.ts";
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import { flowCounterExamples, flowExamples } from "../../src/model/flow-examples.ts";
import type { Json } from "../../src/model/json.ts";
import { planSchema, type Plan } from "../../src/model/plan.ts";
import type { Finding } from "../../src/model/problem.ts";

const posting = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  properties: {
    url: { type: "string", format: "uri" },
    headers: { type: "object" },
    data: {},
    count: { type: "integer" },
  },
};
const requesting = {
  type: "object",
  required: ["method", "url"],
  properties: { method: { type: "string", enum: ["GET", "POST"] }, url: { type: "string" } },
  anyOf: [{ required: ["body"] }, { required: ["form"] }],
};
const context: CompileContext = {
  flow: { id: "flow_1", slug: "example", version: 3 },
  actions: new Map([
    ["webhook.post", { input: posting, output: {}, title: "Send a webhook" }],
    ["http.request", { input: requesting, output: {}, title: "Send a request" }],
  ]),
};

const url = "https://hooks.example.com/in";
const send = (id: string, more: object = {}) => ({ id, use: "webhook.post", with: { url }, ...more });
const read = (id: string, path: string) => send(id, { with: { url, data: { read: `{{${path}}}` } } });
const flowOf = (steps: unknown[], more: object = {}) => ({ name: "Example", on: { event: "a.b" }, steps, ...more });

function planOf(document: unknown, over: Partial<CompileContext> = {}): Plan {
  const compiled = compileFlow(document, { ...context, ...over });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  return compiled.plan;
}

function errorsOf(document: unknown, over: Partial<CompileContext> = {}): Finding[] {
  const compiled = compileFlow(document, { ...context, ...over });
  return compiled.ok ? [] : compiled.errors;
}

const brief = (findings: Finding[]) => findings.map(({ code, pointer }) => `${code} ${pointer}`);
const warningsOf = (document: unknown) => brief(compileFlow(document, context).warnings);

describe("a plan", () => {
  test("has defaults applied and policies resolved", () => {
    expect(planOf(flowOf([send("tell")]))).toEqual({
      planVersion: 1,
      flow: { id: "flow_1", slug: "example", version: 3, name: "Example" },
      events: ["a.b"],
      steps: [
        {
          kind: "action",
          id: "tell",
          path: "tell",
          onError: "fail",
          use: "webhook.post",
          with: { url },
          uses: [],
          retry: { delaysMs: [5_000, 25_000, 125_000, 625_000], jitter: 0.2 },
          timeoutMs: 30_000,
        },
      ],
      onFailure: [],
      eventPaths: [],
    });
  });

  test.each(flowExamples.filter(({ steps }) => steps.length > 0).map((flow) => [flow.name, flow] as const))(
    "of the example %s is one that the interpreter may count on",
    (_, flow) => {
      expect(createSchemaCheck(planSchema)(compileOf(flow))).toEqual([]);
    },
  );

  function compileOf(flow: unknown): Plan {
    const open = { input: {}, output: {}, title: "Any" };
    return planOf(flow, {
      actions: new Map([
        ["webhook.post", open],
        ["http.request", open],
      ]),
    });
  }

  test("lists each event type once, from all triggers", () => {
    const on = [{ event: "a" }, { event: ["b.*", "a"] }, { event: "*" }];
    expect(planOf(flowOf([send("s")], { on })).events).toEqual(["a", "b.*", "*"]);
  });

  test("carries what is written: names, policies, timeouts, connections, output", () => {
    const step = send("s", { name: "Tell", connection: "team", retry: "none", timeout: "5m", onError: "continue" });
    const plan = planOf(flowOf([step], { timeout: "2h", output: { id: "{{event.id}}" } }), {
      connections: new Map([["team", "webhook"]]),
    });
    expect(plan.steps[0]).toMatchObject({
      name: "Tell",
      connection: "team",
      onError: "continue",
      retry: { delaysMs: [] },
      timeoutMs: 300_000,
    });
    expect(plan).toMatchObject({
      timeoutMs: 7_200_000,
      output: { values: { id: "{{event.id}}" }, uses: ["event.id"] },
    });
  });

  test("names steps by their path", () => {
    const choose = [{ when: true, steps: [send("one")] }, { when: false, steps: [] }, { else: [send("rest")] }];
    const plan = planOf(
      flowOf([{ id: "route", choose }, send("case", { onError: { steps: [send("alarm")] } })], {
        onFailure: [send("sorry")],
      }),
    );
    const [route, step] = plan.steps;
    const branches = route?.kind === "choose" ? route.branches : [];
    expect(branches.map((branch) => branch.steps.map(({ path }) => path))).toEqual([
      ["route[0].one"],
      [],
      ["route.else.rest"],
    ]);
    expect(branches.map((branch) => branch.when?.rule)).toEqual([true, false, undefined]);
    expect(step?.onError).toMatchObject({ steps: [{ path: "case.onError.alarm" }] });
    expect(plan.onFailure.map(({ path }) => path)).toEqual(["sorry"]);
  });

  test("knows what each part reads: steps and variables by name, the event by path, nothing twice", () => {
    const data = [
      "{{steps.first.body.id}}",
      "{{steps.first.status}} {{vars.total}}",
      "{{event.data.a.b}} {{event.data.a}}",
    ];
    const plan = planOf(
      flowOf([
        send("first"),
        { id: "sum", set: { total: 1 } },
        send("last", { with: { url, data: [...data, "{{run.id}}"] } }),
      ]),
    );
    expect(plan.steps[2]).toMatchObject({ uses: ["event.data.a", "run", "steps.first", "vars.total"] });
  });

  test("has simple filters as rules, and says that they were simple", () => {
    const filter = { field: "data.rating", operator: "equals", value: 1 };
    expect(planOf(flowOf([send("s")], { filter })).filter).toMatchObject({
      uses: ["event.data.rating"],
      simple: "one",
    });
    expect(planOf(flowOf([send("s")], { filter: [filter] })).filter).toMatchObject({ simple: "list" });
    expect(planOf(flowOf([send("s")], { filter: { "==": [1, 1] } })).filter).toEqual({
      rule: { "==": [1, 1] },
      uses: [],
    });
  });

  test("marks conditions with regular expressions, which the workflow never runs", () => {
    const rule = { matches: [{ var: "event.data.name" }, "^A"] };
    const plan = planOf(flowOf([send("s", { if: rule })]));
    expect(plan.steps[0]?.if).toEqual({ rule, uses: ["event.data.name"], regex: true });
    expect(plan.eventPaths).toEqual([]);
  });

  test.each<[string, unknown[], string[]]>([
    ["paths below the data", [send("s", { if: { var: "event.data.a.b" } })], ["a.b"]],
    [
      "of filter steps and branches",
      [
        { id: "f", filter: { var: "event.data.f" } },
        { id: "c", choose: [{ when: { var: "event.data.c" }, steps: [] }] },
      ],
      ["c", "f"],
    ],
    ["all of the data", [send("s", { if: { and: [{ var: "event.data" }, { var: "event.data.a" }] } })], ["*"]],
    ["all of the event", [send("s", { if: { var: "event" } })], ["*"]],
    ["nothing of the data", [send("s", { if: { var: "event.type" } })], []],
    [
      "nothing for what activities evaluate",
      [send("s", { expect: { var: "event.data.a" }, with: { url, data: "{{event.data.b}}" } })],
      [],
    ],
  ])("lists what its conditions read inside the workflow: %s", (_, steps, paths) => {
    expect(planOf(flowOf(steps), {}).eventPaths).toEqual(paths);
  });

  test("does not list what the flow's filter reads: that is asked before there is a workflow", () => {
    expect(planOf(flowOf([send("s")], { filter: { var: "event.data.a" } })).eventPaths).toEqual([]);
  });
});

describe("a reference", () => {
  const choice = (...branches: unknown[]) => ({ id: "route", choose: branches });
  const when = (steps: unknown[]) => ({ when: { var: "event.data.x" }, steps });
  const at = "/steps/1/with/data/read";

  test.each<[string, unknown, string[]]>([
    ["to an earlier step is fine", flowOf([send("a"), read("b", "steps.a.id")]), []],
    ["to no step", flowOf([send("a"), read("b", "steps.nope.id")]), [`reference.unknown ${at}`]],
    [
      "to a later step",
      flowOf([read("a", "steps.b.id"), send("b")]),
      ["reference.unreachable /steps/0/with/data/read"],
    ],
    ["to the step itself", flowOf([read("a", "steps.a.id")]), ["reference.unreachable /steps/0/with/data/read"]],
    [
      "to an earlier branch",
      flowOf([choice(when([send("a")]), when([read("b", "steps.a.id")]))]),
      ["reference.unreachable /steps/0/choose/1/steps/0/with/data/read"],
    ],
    [
      "from else to a branch",
      flowOf([{ ...choice(when([send("a")]), { else: [read("b", "steps.a.id")] }), mode: "all" }]),
      ["reference.unreachable /steps/0/choose/1/else/0/with/data/read"],
    ],
    [
      "to the choose around it",
      flowOf([choice(when([read("a", "steps.route.taken")]))]),
      ["reference.unreachable /steps/0/choose/0/steps/0/with/data/read"],
    ],
    [
      "into a handler from before it",
      flowOf([read("b", "steps.h.id"), send("a", { onError: { steps: [send("h")] } })]),
      ["reference.unreachable /steps/0/with/data/read"],
    ],
    [
      "into onFailure from outside",
      flowOf([send("a"), read("b", "steps.f.id")], { onFailure: [send("f")] }),
      [`reference.unreachable ${at}`],
    ],
    ["inside onFailure", flowOf([send("a")], { onFailure: [send("f"), read("g", "steps.f.id")] }), []],
    ["inside a handler", flowOf([send("a", { onError: { steps: [send("h"), read("i", "steps.h.id")] } })]), []],
    [
      "to the step that failed",
      flowOf([send("a", { onError: { steps: [read("h", "steps.a.id")] } })]),
      ["reference.unreachable /steps/0/onError/steps/0/with/data/read"],
    ],
    ["to what there is not yet", flowOf([read("a", "env.X")]), ["reference.unknown /steps/0/with/data/read"]],
    ["to nothing that there is", flowOf([read("a", "evnt.id")]), ["reference.unknown /steps/0/with/data/read"]],
    ["to what no event has", flowOf([read("a", "event.rating")]), ["reference.unknown /steps/0/with/data/read"]],
    [
      "to the error where there is none",
      flowOf([read("a", "error.message")]),
      ["reference.unreachable /steps/0/with/data/read"],
    ],
    [
      "to the error in a handler",
      flowOf([send("a", { onError: { steps: [read("h", "error.message")] } })], {
        onFailure: [read("f", "error.step")],
      }),
      [],
    ],
    ["to the answer in expect", flowOf([send("a", { expect: { var: "output.status" } })]), []],
    [
      "to the answer elsewhere",
      flowOf([send("a", { if: { var: "output.status" } })]),
      ["reference.unreachable /steps/0/if/var"],
    ],
    ["to a variable that is set before", flowOf([{ id: "s", set: { a: 1 } }, read("b", "vars.a")]), []],
    [
      "to a variable that nothing sets",
      flowOf([{ id: "s", set: { a: 1 } }, read("b", "vars.c")]),
      [`reference.unknown ${at}`],
    ],
    [
      "to a variable that is set later",
      flowOf([read("a", "vars.a"), { id: "s", set: { a: 1 } }]),
      ["reference.unreachable /steps/0/with/data/read"],
    ],
    [
      "to a variable from beside it",
      flowOf([{ id: "s", set: { a: 1, b: "{{vars.a}}" } }]),
      ["reference.unreachable /steps/0/set/b"],
    ],
    [
      "of the filter to a step",
      flowOf([send("a")], { filter: { "==": [{ var: "steps.a.id" }, 1] } }),
      ["reference.unreachable /filter/==/0/var"],
    ],
    [
      "of a stop's reason",
      flowOf([{ id: "s", stop: "failed", reason: "{{steps.x}}" }]),
      ["reference.unknown /steps/0/reason"],
    ],
    [
      "of the output",
      flowOf([send("a")], { output: [{ $logic: { var: ["steps.x", 0] } }] }),
      ["reference.unknown /output/0/$logic/var/0"],
    ],
    ["of a literal is none", flowOf([send("a", { with: { url, data: { $literal: "{{steps.x}}" } } })]), []],
  ])("%s", (_, document, errors) => {
    expect(brief(errorsOf(document))).toEqual(errors);
  });

  test.each<[string, unknown, string]>([
    ["a template", flowOf([send("a", { with: { url, data: { all: "{{this}}" } } })]), "/steps/0/with/data/all"],
    ["a part of a template", flowOf([{ id: "s", set: { text: "Got {{json this}}." } }]), "/steps/0/set/text"],
    ["a block", flowOf([{ id: "s", set: { text: "{{#each this}}x{{/each}}" } }]), "/steps/0/set/text"],
    ["a rule", flowOf([{ id: "s", set: { all: { $logic: { var: "" } } } }]), "/steps/0/set/all/$logic/var"],
    ["a rule's list", flowOf([send("a", { if: { "!!": [{ var: [""] }] } })]), "/steps/0/if/!!/0/var/0"],
    ["a rule's null", flowOf([send("a", { if: { "!!": [{ var: null }] } })]), "/steps/0/if/!!/0/var"],
    ["the filter", flowOf([send("a")], { filter: { "!!": [{ var: "" }] } }), "/filter/!!/0/var"],
    ["the output", flowOf([send("a")], { output: "{{this}}" }), "/output"],
    [
      "a rule, beside a body that reads its items",
      flowOf([send("a", { if: { in: [1, { map: [{ var: "event.data.list" }, { var: "" }] }, { var: "" }] } })]),
      "/steps/0/if/in/2/var",
    ],
  ])("to the scope as a whole is refused, and asks for a name: %s", (_, document, pointer) => {
    const [error, ...others] = errorsOf(document);
    expect(others).toEqual([]);
    expect(error).toMatchObject({ pointer, code: "reference.scope", message: expect.stringContaining("name what") });
  });

  test("to the item of a list by the empty path is none to the scope", () => {
    const rule = { map: [{ var: "event.data.list" }, { var: "" }] };
    const [step] = planOf(
      flowOf([{ id: "s", set: { all: { $logic: rule }, text: "{{#each event.data.list}}{{this}}{{/each}}" } }]),
    ).steps;
    expect(step).toMatchObject({ uses: ["event.data.list"] });
  });

  test.each<[string, unknown, string[]]>([
    ["to a step that always runs", flowOf([send("a"), read("b", "steps.a.id")]), []],
    [
      "to a step with `if`",
      flowOf([send("a", { if: { var: "event.data.x" } }), read("b", "steps.a.id")]),
      [`reference.maybe ${at}`],
    ],
    [
      "to a step that may fail",
      flowOf([send("a", { onError: "continue" }), read("b", "steps.a.id")]),
      [`reference.maybe ${at}`],
    ],
    ["to a step of a branch", flowOf([choice(when([send("a")])), read("b", "steps.a.id")]), [`reference.maybe ${at}`]],
    [
      "to an earlier branch when all may run",
      flowOf([{ ...choice(when([send("a")]), when([read("b", "steps.a.id")])), mode: "all" }]),
      ["reference.maybe /steps/0/choose/1/steps/0/with/data/read"],
    ],
    [
      "to a variable of a branch",
      flowOf([choice(when([{ id: "s", set: { a: 1 } }])), read("b", "vars.a")]),
      [`reference.maybe ${at}`],
    ],
    [
      "to a variable of a handler",
      flowOf([send("a", { onError: { steps: [{ id: "s", set: { why: 1 } }] } }), read("b", "vars.why")]),
      [`reference.maybe ${at}`],
    ],
    [
      "to a step of a handler",
      flowOf([send("a", { onError: { steps: [send("h")] } }), read("b", "steps.h.id")]),
      [`reference.maybe ${at}`],
    ],
    [
      "to a step of a branch of a handler",
      flowOf([send("a", { onError: { steps: [choice(when([send("h")]))] } }), read("b", "steps.h.id")]),
      [`reference.maybe ${at}`],
    ],
    [
      "to a step before the one that is handled",
      flowOf([send("first"), send("a", { onError: { steps: [send("h")] } })], {
        output: "{{steps.first.id}}",
      }),
      [],
    ],
    [
      "to a variable that is surely set first",
      flowOf([{ id: "s", set: { a: 1 } }, choice(when([{ id: "t", set: { a: 2 } }])), read("b", "vars.a")]),
      [],
    ],
    [
      "from onFailure to any step",
      flowOf([send("a")], { onFailure: [read("f", "steps.a.id")] }),
      ["reference.maybe /onFailure/0/with/data/read"],
    ],
  ])("that may find nothing is warned of: %s", (_, document, warnings) => {
    expect(compileFlow(document, context)).toMatchObject({ ok: true });
    expect(warningsOf(document)).toEqual(warnings);
  });

  test.each([
    ["steps.frist.id", "steps.first"],
    ["evnt.id", "event"],
    ["data.title", "event.data.title"],
  ])("to %s suggests %s", (path, suggestion) => {
    expect(errorsOf(flowOf([send("first"), read("b", path)]))).toEqual([expect.objectContaining({ suggestion })]);
  });
});

describe("an action", () => {
  test.each<[string, unknown, string[]]>([
    ["misses a member", { headers: {} }, ["required /steps/0/with/url"]],
    ["misses all", undefined, ["required /steps/0/with/url"]],
    ["has an unknown member", { url, dta: 1 }, ["unknown /steps/0/with/dta"]],
    ["has a wrong type", { url, count: "many" }, ["type /steps/0/with/count"]],
    ["has a wrong form", { url: "not an address" }, ["format /steps/0/with/url"]],
    ["has a wrong type in a literal", { url, count: { $literal: "{{x}}" } }, ["type /steps/0/with/count/$literal"]],
    [
      "has templates where numbers and addresses belong",
      { url: "https://{{event.data.host}}/", count: "{{event.data.n}}" },
      [],
    ],
    ["has rules where numbers belong", { url: { $logic: { cat: ["a"] } }, count: { $logic: { "+": [1, 2] } } }, []],
    ["has a template that cannot be read", { url: "{{#if}}", count: 1 }, ["template /steps/0/with/url"]],
    [
      "has a rule that is none",
      { url, data: { $logic: { nope: 1 } } },
      ["rule.operator /steps/0/with/data/$logic/nope"],
    ],
  ])("that %s", (_, values, errors) => {
    const step = values === undefined ? { id: "s", use: "webhook.post" } : send("s", { with: values });
    expect(brief(errorsOf(flowOf([step])))).toEqual(errors);
  });

  test("that lacks one of several possible members is told of all, once", () => {
    const step = { id: "s", use: "http.request", with: { method: "PUT", url } };
    expect(errorsOf(flowOf([step]))).toEqual([
      { code: "required", pointer: "/steps/0/with", message: "One of `body`, `form` is needed here." },
      expect.objectContaining({ code: "value", pointer: "/steps/0/with/method" }),
    ]);
  });

  test("that does not exist is an error with the name that was meant", () => {
    // Which connection it would take is not known.
    expect(errorsOf(flowOf([{ id: "s", use: "webhook.pots", connection: "team" }]))).toEqual([
      expect.objectContaining({ code: "action.unknown", pointer: "/steps/0/use", suggestion: "webhook.post" }),
    ]);
  });

  test("with a connection that does not exist is an error, with the name that was meant", () => {
    const document = flowOf([send("s", { connection: "taem" })]);
    expect(brief(errorsOf(document))).toEqual(["connection.unknown /steps/0/connection"]);
    const ofWebhook = new Map([["team", "webhook"]]);
    expect(errorsOf(document, { connections: ofWebhook })).toEqual([expect.objectContaining({ suggestion: "team" })]);
    expect(errorsOf(document, { connections: new Map([["taem", "webhook"]]) })).toEqual([]);
    // One of another connector was not meant.
    expect(errorsOf(document, { connections: new Map([["team", "http"]]) })[0]).not.toHaveProperty("suggestion");
  });

  test("with a connection of another connector is an error", () => {
    const document = flowOf([send("s", { connection: "team" })]);
    expect(brief(errorsOf(document, { connections: new Map([["team", "http"]]) }))).toEqual([
      "connection.mismatch /steps/0/connection",
    ]);
  });

  test("names a connection where its action needs one, and none where it takes none", () => {
    const action = (connection: "required" | "none") =>
      new Map([["webhook.post", { input: posting, output: {}, title: "Send a webhook", connection }]]);
    const connections = new Map([["team", "webhook"]]);
    const [without, having] = [flowOf([send("s")]), flowOf([send("s", { connection: "team" })])];
    expect(brief(errorsOf(without, { actions: action("required"), connections }))).toEqual([
      "connection.required /steps/0/connection",
    ]);
    expect(errorsOf(having, { actions: action("required"), connections })).toEqual([]);
    expect(brief(errorsOf(having, { actions: action("none"), connections }))).toEqual([
      "connection.unused /steps/0/connection",
    ]);
    expect(errorsOf(without, { actions: action("none"), connections })).toEqual([]);
  });

  test.each([
    [{ timeout: "6m" }, "range /steps/0/timeout"],
    [{ timeout: "0s" }, "range /steps/0/timeout"],
    [{ retry: { schedule: ["31d"] } }, "range /steps/0/retry/schedule/0"],
    [{ expect: { nope: 1 } }, "rule.operator /steps/0/expect/nope"],
    [{ if: [{ field: "__proto__.x", operator: "exists" }] }, "condition /steps/0/if/0/field"],
  ])("with %j is refused", (more, error) => {
    expect(brief(errorsOf(flowOf([send("s", more)])))).toEqual([error]);
  });

  test("with a retry word that no failure carries is warned of", () => {
    const document = flowOf([send("s", { retry: { attempts: 2, on: ["netwrok"] } })]);
    expect(compileFlow(document, context).warnings).toEqual([
      expect.objectContaining({ code: "retry.word", pointer: "/steps/0/retry/on/0", suggestion: "network" }),
    ]);
  });
});

describe("a flow", () => {
  const nest = (depth: number): unknown =>
    depth === 1 ? send("leaf") : { id: `n${depth}`, choose: [{ else: [nest(depth - 1)] }] };

  test.each<[string, unknown, string[]]>([
    ["without steps", flowOf([]), ["range /steps"]],
    ["with an id twice", flowOf([send("a"), send("a")]), ["id.duplicate /steps/1/id"]],
    [
      "with an id again in a branch",
      flowOf([send("a"), { id: "c", choose: [{ else: [send("a")] }] }]),
      ["id.duplicate /steps/1/choose/0/else/0/id"],
    ],
    [
      "with an id again in a handler",
      flowOf([send("a", { onError: { steps: [send("a")] } })]),
      ["id.duplicate /steps/0/onError/steps/0/id"],
    ],
    [
      "with an id again in onFailure",
      flowOf([send("a")], { onFailure: [send("a")] }),
      ["id.duplicate /onFailure/0/id"],
    ],
    [
      "with an else before the end",
      flowOf([{ id: "c", choose: [{ else: [] }, { when: true, steps: [] }] }]),
      ["choose.else /steps/0/choose/0/else"],
    ],
    ["that is as deep as possible", flowOf([nest(8)]), []],
    ["that is too deep", flowOf([nest(9)]), [`limit /steps/0${"/choose/0/else/0".repeat(7)}/choose/0/else`]],
    ["with as many steps as possible", flowOf(Array.from({ length: 200 }, (_, i) => send(`s${i}`))), []],
    [
      "with too many steps in all",
      flowOf(
        Array.from({ length: 200 }, (_, i) => send(`s${i}`)),
        { onFailure: [send("f")] },
      ),
      ["limit /steps"],
    ],
    ["with no time at all", flowOf([send("a")], { timeout: "0s" }), ["range /timeout"]],
    ["with a filter that is no rule", flowOf([send("a")], { filter: { "===>": 1 } }), ["rule.operator /filter/===>"]],
  ])("%s", (_, document, errors) => {
    expect(brief(errorsOf(document))).toEqual(errors);
  });

  test.each<[string, unknown, string[]]>([
    ["goes on after it has stopped", flowOf([{ id: "s", stop: "failed" }, send("a")]), ["step.unreachable /steps/1"]],
    ["may go on", flowOf([{ id: "s", stop: "failed", if: { var: "event.data.x" } }, send("a")]), []],
    [
      "is tested with a step that does not exist",
      flowOf([send("tell")], {
        tests: [{ name: "t", event: { type: "a.b", data: 1 }, mocks: { tel: 1 }, expect: { ran: ["tell", "x"] } }],
      }),
      ["test.step /tests/0/mocks/tel", "test.step /tests/0/expect/ran/1"],
    ],
  ])("that %s is warned of, if need be", (_, document, warnings) => {
    expect(warningsOf(document)).toEqual(warnings);
  });

  test("tells mistakes of its form and of its meaning at once", () => {
    const document = flowOf(
      [
        { ...send("a"), retires: 3 },
        send("b", { retry: 5 }),
        { id: "c", use: "nope.nope" },
        read("d", "steps.x.id"),
        { id: "e" },
      ],
      { filtre: true },
    );
    expect(brief(errorsOf(document)).toSorted()).toEqual([
      "action.unknown /steps/2/use",
      "required /steps/4",
      "type /steps/1/retry",
      "unknown /filtre",
      "unknown /steps/0/retires",
    ]);
    const readable = flowOf([{ ...send("a"), retires: 3 }, read("d", "steps.x.id")]);
    expect(brief(errorsOf(readable))).toEqual([
      "unknown /steps/0/retires",
      "reference.unknown /steps/1/with/data/read",
    ]);
  });

  test.each(flowCounterExamples)("that saving refuses does not compile: $why", ({ flow, pointer, code }) => {
    expect(errorsOf(flow)).toContainEqual(expect.objectContaining({ pointer, code }));
  });
});

describe("whatever the document is", () => {
  const words = [
    "id",
    "use",
    "set",
    "filter",
    "choose",
    "when",
    "steps",
    "else",
    "stop",
    "if",
    "with",
    "onError",
    "retry",
  ];
  const leaf = fc.oneof(
    fc.constantFrom(
      "a",
      "b",
      "webhook.post",
      "continue",
      "{{steps.a.x}}",
      "{{vars.v}}",
      "{{#if",
      "failed",
      "5s",
      "none",
    ),
    fc.constantFrom<Json>(
      { var: "steps.b" },
      { $logic: { var: "vars.v" } },
      { attempts: 3 },
      { field: "x", operator: "exists" },
    ),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const { node } = fc.letrec<{ node: unknown; list: unknown[] }>((tie) => ({
    list: fc.array(tie("node"), { maxLength: 3 }),
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.dictionary(fc.constantFrom(...words), fc.oneof(leaf, tie("list"), tie("node")), { maxKeys: 4 }),
      fc.record({ id: leaf, use: leaf, with: tie("node"), if: leaf }, { requiredKeys: ["id"] }),
      fc.record({ id: leaf, choose: tie("list"), onError: leaf }, { requiredKeys: ["id"] }),
      fc.record({ when: leaf, steps: tie("list") }),
    ),
  }));
  const documents = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        name: fc.constant("x"),
        on: fc.constant({ event: "a" }),
        steps: fc.array(node, { maxLength: 4 }),
        filter: leaf,
      },
      { requiredKeys: ["name"] },
    ),
  );

  function valueAt(document: unknown, pointer: string): { found: boolean; value?: unknown } {
    let value = document;
    for (const key of pointer
      .split("/")
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return { found: false };
      value = (value as { [key: string]: unknown })[key];
    }
    return { found: true, value };
  }

  test("compiling never throws, and every finding points at something or at what is missing beside it", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const before = JSON.stringify(document);
        const compiled = compileFlow(document, context);
        for (const { pointer, code } of [...(compiled.ok ? [] : compiled.errors), ...compiled.warnings]) {
          // What a step without `with` misses stands where `with` would.
          const parent = pointer.slice(0, pointer.lastIndexOf("/")).replace(/\/with$/, "");
          expect(valueAt(document, code === "required" ? parent : pointer).found || `${code} ${pointer}`).toBe(true);
        }
        expect(JSON.stringify(document)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test("a document with a prototype in it changes nothing outside it", () => {
    const document: unknown = JSON.parse(
      '{"name":"x","on":{"event":"a"},"steps":[{"id":"a","set":{"__proto__":{"bad":1}}}]}',
    );
    expect(brief(errorsOf(document))).toEqual(["key /steps/0/set/__proto__"]);
    expect(({} as { bad?: unknown }).bad).toBeUndefined();
  });
});
