// The gallery's flows are flows: they compile against the real actions and message templates, and their own tests pass.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectors } from "../../connectors/index.ts";
import { shippedTemplates } from "../../src/api/shipped-templates.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { compileFlow } from "../../src/flow/compile.ts";
import { runFlowTests } from "../../src/flow/trial.ts";
import type { Flow } from "../../src/model/flow.ts";

const folder = join(__dirname, "../../templates/flows");
const context = {
  actions: actionCatalogue(connectors),
  // Who takes a flow of the gallery makes connections with these slugs, or puts others in their place.
  connections: new Map([
    ["salesforce", "salesforce"],
    ["slack", "slack"],
  ]),
  templates: { find: ({ slug }: { slug: string }) => shippedTemplates.get(slug), slugs: shippedTemplates.keys() },
};

test.each(readdirSync(folder))("%s compiles without a finding, and its tests pass", async (file) => {
  const document: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
  // What compiles below is a Flow.
  const { slug = "", tests = [] } = document as Flow;
  const compiled = compileFlow(document, { ...context, flow: { id: "flow_1", slug, version: 1 } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  expect(compiled.warnings).toEqual([]);
  expect(file).toBe(`${slug}.json`);
  expect(tests.length).toBeGreaterThan(0);
  const results = await runFlowTests(compiled.plan, tests, { ...context, nowMs: Date.UTC(2026, 0, 2) });
  expect(results).toEqual(tests.map(({ name }) => ({ name, passed: true })));
});
