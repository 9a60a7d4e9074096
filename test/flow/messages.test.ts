// What becomes of a message template that a flow names? Compiled into the plan, judged where it stands, rendered as text.
import { compileFlow, type CompileContext } from "../../src/flow/compile.ts";
import { templateNamesIn, templatesNamedBy, type TemplateLookup } from "../../src/flow/message-nodes.ts";
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import { runFlowTests, tryPlan } from "../../src/flow/trial.ts";
import { renderValues } from "../../src/flow/values.ts";
import type { Flow } from "../../src/model/flow.ts";
import type { Json } from "../../src/model/json.ts";
import { planSchema, type Plan } from "../../src/model/plan.ts";
import type { Finding } from "../../src/model/problem.ts";
import { flowTemplatesBytesMax, type TemplateVersion } from "../../src/model/template.ts";

const versions: { [name: string]: TemplateVersion | "archived" } = {
  alert: { kind: "slack", text: "{{event.data.title}} by {{{event.data.by}}}", version: 2 },
  "alert@1": { kind: "text", text: "{{event.data.title}}", version: 1 },
  sole: { kind: "text", text: "{{event.data.rating}}", version: 1 },
  plain: { kind: "email", text: "Nothing in it", version: 1 },
  "case-text": { kind: "text", text: "Case {{steps.case.id}} {{vars.total}} {{error.message}}", version: 3 },
  old: "archived",
  broken: { kind: "text", text: "{{#if}}", version: 1 },
  large: { kind: "text", text: "x".repeat(16 * 1024), version: 1 },
};
const templates: TemplateLookup = {
  find: ({ slug, version }) => {
    const newest = versions[slug];
    if (version === undefined || newest === "archived" || newest?.version === version) return newest;
    return versions[`${slug}@${version}`];
  },
  slugs: Object.keys(versions),
};
const input = { type: "object", properties: { text: { type: "string" }, count: { type: "integer" }, data: {} } };
const context: CompileContext = {
  flow: { id: "flow_1", slug: "a", version: 1 },
  actions: new Map([["webhook.post", { title: "Post", input, output: { type: "object" } }]]),
  templates,
};
const named = (name: Json) => ({ $template: name });
const send = (id: string, text: Json, more: object = {}) => ({ id, use: "webhook.post", with: { text }, ...more });
const flowOf = (steps: unknown[], more: object = {}) => ({ name: "A", on: { event: "a.b" }, steps, ...more });

function planOf(document: unknown): Plan {
  const compiled = compileFlow(document, context);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  return compiled.plan;
}
function errorsOf(document: unknown, over: Partial<CompileContext> = {}): Finding[] {
  const compiled = compileFlow(document, { ...context, ...over });
  return compiled.ok ? [] : compiled.errors;
}
const data = { title: "<!channel> & so", by: "<Ann>", rating: 2 };

describe("a plan", () => {
  const everywhere = flowOf(
    [
      { id: "names", set: { note: { deep: [named("alert")] } } },
      send("tell", named("alert@1"), { onError: { steps: [send("again", named("sole"))] } }),
      {
        id: "route",
        choose: [{ when: true, steps: [send("in", named("plain"))] }, { else: [send("out", named("sole"))] }],
      },
      { id: "end", if: false, stop: "failed", reason: named("alert") },
    ],
    { onFailure: [send("alarm", named("sole"))], output: { text: named("sole") } },
  );

  test("holds the text of each template that a flow names, with its version, wherever values stand", () => {
    const plan = planOf(everywhere);
    const alert = {
      $message: {
        kind: "slack",
        text: versions["alert"] && "{{event.data.title}} by {{{event.data.by}}}",
        template: "alert@2",
      },
    };
    const sole = { $message: { kind: "text", text: "{{event.data.rating}}", template: "sole@1" } };
    expect(plan.steps[0]).toMatchObject({
      set: { note: { deep: [alert] } },
      uses: ["event.data.by", "event.data.title"],
    });
    expect(plan.steps[1]).toMatchObject({
      with: { text: { $message: { kind: "text", template: "alert@1" } } },
      uses: ["event.data.title"],
      onError: { steps: [{ with: { text: sole } }] },
    });
    expect(plan.steps[2]).toMatchObject({
      branches: [
        { steps: [{ with: { text: { $message: { text: "Nothing in it" } } } }] },
        { steps: [{ with: { text: sole } }] },
      ],
    });
    expect(plan.steps[3]).toMatchObject({ reason: alert });
    expect(plan.onFailure[0]).toMatchObject({ with: { text: sole } });
    expect(plan.output).toEqual({ values: { text: sole }, uses: ["event.data.rating"] });
    expect(createSchemaCheck(planSchema)(plan)).toEqual([]);
    expect(JSON.stringify(plan)).not.toContain("$template");
  });

  test("is made without changing the document", () => {
    const before = JSON.stringify(everywhere);
    planOf(everywhere);
    expect(JSON.stringify(everywhere)).toBe(before);
  });

  test("leaves what looks like a template in rules and literals alone", () => {
    const values = { $literal: named("nowhere") };
    expect(planOf(flowOf([{ id: "a", set: { v: values } }])).steps[0]).toMatchObject({ set: { v: values } });
  });
});

describe("a wrong name", () => {
  test.each<[string, Json, string, string, RegExp, string | undefined]>([
    ["nobody knows", named("alrt"), "/$template", "template.unknown", /no message template `alrt`/, "alert"],
    ["of no version", named("alert@9"), "/$template", "template.unknown", /no version 9; its newest is 2/, "alert@2"],
    ["of an archived one", named("old"), "/$template", "template.unknown", /`old` is archived/, undefined],
    [
      "of a version of an archived one",
      named("old@1"),
      "/$template",
      "template.unknown",
      /`old` is archived/,
      undefined,
    ],
    ["that is none", named("Not A Slug"), "/$template", "format", /named by its slug/, undefined],
    ["that is no text", named({ a: 1 }), "/$template", "format", /named by its slug/, undefined],
    ["in company", { $template: "alert", data: 1 }, "/$template", "values.special", /stands alone/, expect.any(String)],
    [
      "of a text that is no template any more",
      named("broken"),
      "/$template",
      "template",
      /^In the template `broken@1`: /,
      expect.any(String),
    ],
    [
      "of the plan's own form",
      { $message: { kind: "text", text: "x", template: "a@1" } },
      "/$message",
      "values.special",
      /what a plan holds/,
      expect.any(String),
    ],
    [
      "of half the plan's form",
      { $message: "x", a: 1 },
      "/$message",
      "values.special",
      /what a plan holds/,
      expect.any(String),
    ],
  ])("%s is an error at its place, and the only one", (_, value, pointer, code, message, suggestion) => {
    for (const [document, at] of [
      [flowOf([send("a", value)]), "/steps/0/with/text"],
      [flowOf([{ id: "a", set: { v: [value] } }]), "/steps/0/set/v/0"],
      [flowOf([send("a", "x")], { output: value }), "/output"],
    ] as const) {
      const found = { pointer: `${at}${pointer}`, code, message: expect.stringMatching(message) };
      expect(errorsOf(document)).toEqual([suggestion === undefined ? found : { ...found, suggestion }]);
    }
  });

  test("in the place of a whole input is told that a template is a text", () => {
    const errors = errorsOf(flowOf([{ id: "a", use: "webhook.post", with: named("alert") }]));
    expect(errors).toMatchObject([{ pointer: "/steps/0/with/$template", code: "type" }]);
  });

  test.each([{ $template: 5 }, { $template: "alert", x: 1 }, {}, { $message: {} }, ["alert"]])(
    "a reason of the form %j is refused by the schema",
    (reason) => {
      const errors = errorsOf(flowOf([{ id: "end", stop: "failed", reason }]));
      expect(errors[0]?.pointer).toMatch(/^\/steps\/0\/reason/);
    },
  );

  test("is found beside mistakes of the document's shape", () => {
    const errors = errorsOf(flowOf([send("a", named("nothing-like-it"), { retires: 1 })]));
    expect(errors.map(({ code }) => code).toSorted()).toEqual(["template.unknown", "unknown"]);
  });

  test("is every name where the caller knows no templates", () => {
    const { templates: _, ...without } = context;
    expect(compileFlow(flowOf([send("a", named("alert"))]), without)).toMatchObject({
      ok: false,
      errors: [{ code: "template.unknown" }],
    });
  });
});

test("what a template reads is judged where the flow names it, and the error names both", () => {
  const message = (what: string) => expect.stringMatching(new RegExp(`^In the template \`case-text@3\`: \`${what}`));
  expect(errorsOf(flowOf([send("tell", named("case-text")), send("case", "x")]))).toEqual([
    { pointer: "/steps/0/with/text/$template", code: "reference.unreachable", message: message("error") },
    { pointer: "/steps/0/with/text/$template", code: "reference.unreachable", message: message("steps.case") },
    { pointer: "/steps/0/with/text/$template", code: "reference.unknown", message: message("vars.total") },
  ]);
  const handled = flowOf([send("case", "x"), { id: "sum", set: { total: 1 } }], {
    onFailure: [send("alarm", named("case-text"))],
  });
  const compiled = compileFlow(handled, context);
  expect(compiled.ok).toBe(true);
  expect(
    compiled.warnings.map(({ code, message: said }) => [code, said.startsWith("In the template `case-text@3`: ")]),
  ).toEqual([
    ["reference.maybe", true],
    ["reference.maybe", true],
  ]);
});

test("the templates of one flow come to 128 KB at most: a plan travels with each run", () => {
  const times = (count: number) =>
    flowOf([{ id: "a", set: { v: Array.from({ length: count }, () => named("large")) } }]);
  expect(errorsOf(times(flowTemplatesBytesMax / (16 * 1024)))).toEqual([]);
  expect(errorsOf(times(flowTemplatesBytesMax / (16 * 1024) + 1))).toMatchObject([
    { pointer: "/steps/0/set/v/8/$template", code: "limit" },
  ]);
});

describe("rendering", () => {
  const render = (value: Json, scope: unknown = { event: { data } }) => renderValues(value, scope);
  const message = (kind: string, text: string) => ({ $message: { kind, text, template: "alert@2" } });

  test("gives each kind's text, and always a text", () => {
    expect(
      render([message("slack", "{{event.data.title}} {{{event.data.by}}}"), message("email", "{{event.data.title}}")]),
    ).toEqual({
      ok: true,
      value: ["&lt;!channel&gt; &amp; so <Ann>", "<!channel> & so"],
    });
    expect(render(message("text", "{{event.data.rating}}"))).toEqual({ ok: true, value: "2" });
    expect(render(message("text", "no braces"))).toEqual({ ok: true, value: "no braces" });
    // The texts of flows are escaped by nobody, as before.
    expect(render("{{event.data.title}}!")).toEqual({ ok: true, value: "<!channel> & so!" });
  });

  test("fails with the place and the template's name, and shares the budget of the tree", () => {
    expect(render({ a: [message("text", "{{upper event.data}}")] })).toEqual({
      ok: false,
      code: "template",
      pointer: "/a/0",
      message: "In the template `alert@2`: `upper` needs a text, not an object.",
    });
    const many = Array.from({ length: 300 }, () => message("text", "{{event.data.t}}"));
    expect(render(many, { event: { data: { t: "x".repeat(1020) } } })).toMatchObject({ ok: false, code: "budget" });
  });

  test("takes data that looks like a message for data", () => {
    const form = message("text", "{{event.data.rating}}");
    expect(render("{{event.data.form}}", { event: { data: { form } } })).toEqual({ ok: true, value: form });
    expect(render({ $literal: form })).toEqual({ ok: true, value: form });
    expect(render({ $message: "hello" })).toEqual({ ok: true, value: { $message: "hello" } });
  });
});

describe("a trial", () => {
  const document = flowOf(
    [
      { id: "note", set: { plain: named("plain"), alert: named("alert") } },
      send("tell", named("alert")),
      { id: "end", stop: "failed", reason: named("sole") },
    ],
    {
      tests: [
        {
          name: "says why",
          event: { type: "a.b", data },
          expect: { ran: ["note", "tell", "end"], status: "failed" },
        },
      ],
    },
  );

  test("shows the rendered message, also one without anything to fill in", async () => {
    const options = { actions: context.actions, nowMs: 0 };
    const trial = await tryPlan(planOf(document), { type: "a.b", data }, {}, options);
    expect(trial.steps["tell"]?.input).toEqual({ text: "&lt;!channel&gt; &amp; so by <Ann>" });
    expect(trial.steps["note"]?.output).toEqual({
      plain: "Nothing in it",
      alert: "&lt;!channel&gt; &amp; so by <Ann>",
    });
    expect(trial.error).toMatchObject({ class: "stopped", message: "2" });
  });

  test("runs the tests of a flow that names templates", async () => {
    // Safe: what compiles is a flow.
    const { tests = [] } = document as unknown as Flow;
    const results = await runFlowTests(planOf(document), tests, { actions: context.actions, nowMs: 0 });
    expect(results).toEqual([{ name: "says why", passed: true }]);
  });
});

test("what an action takes is still asked of what stands beside a message", () => {
  expect(errorsOf(flowOf([send("a", named("alert"), { with: { text: named("alert"), count: "x" } })]))).toMatchObject([
    { pointer: "/steps/0/with/count", code: "type" },
  ]);
});

test("the names in a document are found in anything, those of a flow exactly", () => {
  const document = flowOf([send("a", [named("alert@2"), named("sole"), { $literal: named("data") }])]);
  expect(templateNamesIn(document)).toEqual(
    expect.arrayContaining([{ slug: "alert", version: 2 }, { slug: "sole" }, { slug: "data" }]),
  );
  // Safe: the same document compiles above.
  expect(templatesNamedBy(document as unknown as Flow)).toEqual(["alert@2", "sole"]);
  let deep: unknown = named("bottom");
  for (let i = 0; i < 50_000; i++) deep = [deep];
  expect(templateNamesIn(deep)).toEqual([{ slug: "bottom" }]);
  for (const nothing of [null, 1, "x", [], { $template: 5 }, { $template: "A B" }])
    expect(templateNamesIn(nothing)).toEqual([]);
});
