// The gallery's flows are flows: they compile, and their own tests pass.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFlow } from "../../src/flow/compile.ts";
import { runFlowTests } from "../../src/flow/trial.ts";
import type { Flow } from "../../src/model/flow.ts";

const folder = join(__dirname, "../../templates/flows");
const actions = new Map([
  ["webhook.post", { title: "Post a webhook", input: { type: "object" }, output: { type: "object" } }],
]);

test.each(readdirSync(folder))("%s compiles without a finding, and its tests pass", async (file) => {
  const document: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
  // What compiles below is a Flow.
  const { slug = "", tests = [] } = document as Flow;
  const compiled = compileFlow(document, { flow: { id: "flow_1", slug, version: 1 }, actions });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  expect(compiled.warnings).toEqual([]);
  expect(file).toBe(`${slug}.json`);
  expect(tests.length).toBeGreaterThan(0);
  const results = await runFlowTests(compiled.plan, tests, { actions, nowMs: Date.UTC(2026, 0, 2) });
  expect(results).toEqual(tests.map(({ name }) => ({ name, passed: true })));
});
