// Do the flows that docs/connectors/salesforce.md shows compile, and do their own tests pass?
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectors } from "../../../connectors/index.ts";
import { salesforce } from "../../../connectors/salesforce/index.ts";
import { actionCatalogue } from "../../../src/connector/contract.ts";
import { compileFlow } from "../../../src/flow/compile.ts";
import { runFlowTests } from "../../../src/flow/trial.ts";
import type { Flow } from "../../../src/model/flow.ts";
import { packageRoot } from "../../../src/package-root.ts";

const page = readFileSync(join(packageRoot, "docs", "connectors", "salesforce.md"), "utf8");
const flows = [...page.matchAll(/^```json flow\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const actions = actionCatalogue(connectors);

test.each(flows)("flow %# of the page could be published as it stands", async (text) => {
  const document: unknown = JSON.parse(text);
  const context = { actions, connections: new Map([["crm", "salesforce"]]) };
  const compiled = compileFlow(document, { ...context, flow: { id: "flow_1", slug: "example", version: 1 } });
  expect(compiled).toMatchObject({ ok: true, warnings: [] });
  if (!compiled.ok) return;
  // Safe: only a document that is a flow compiles.
  const results = await runFlowTests(compiled.plan, (document as Flow).tests ?? [], { actions, nowMs: 0 });
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

test("the page shows every action in a flow, and lists it", () => {
  for (const { id } of salesforce.actions) {
    expect(flows.some((text) => text.includes(`"salesforce.${id}"`))).toBe(true);
    expect(page).toContain(`| \`salesforce.${id}\``);
  }
});
