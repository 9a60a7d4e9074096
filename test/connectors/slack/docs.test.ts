// Does docs/connectors/slack.md show flows that compile, and does it name what the connector has?
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectors } from "../../../connectors/index.ts";
import { slack } from "../../../connectors/slack/index.ts";
import { actionCatalogue } from "../../../src/connector/contract.ts";
import { compileFlow } from "../../../src/flow/compile.ts";
import { runFlowTests } from "../../../src/flow/trial.ts";
import type { Flow } from "../../../src/model/flow.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { packageRoot } from "../../../src/package-root.ts";

const page = readFileSync(join(packageRoot, "docs", "connectors", "slack.md"), "utf8");
const actions = actionCatalogue(connectors);
const connections = new Map([["slack", "slack"]]);
const flows = [...page.matchAll(/^```json flow\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => ({ text }));

test.each(flows)("each flow could be published, and its own tests pass", async ({ text }) => {
  const document: unknown = JSON.parse(text);
  const compiled = compileFlow(document, {
    flow: { id: "flow_1", slug: "example", version: 1 },
    actions,
    connections,
  });
  expect(compiled).toMatchObject({ ok: true, warnings: [] });
  if (!compiled.ok) return;
  // Safe: only a document that is a flow compiles.
  const { tests = [] } = document as Flow;
  expect(tests.length).toBeGreaterThan(0);
  const results = await runFlowTests(compiled.plan, tests, { actions, nowMs: Date.UTC(2026, 10, 22) });
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

test.each(slack.actions)("the row of $id names every member of its input and output", ({ id, input, output }) => {
  const row = page.split("\n").find((line) => line.startsWith(`| \`${id}\``)) ?? "";
  // The schemas' own keyword; warnings are told below the table, for all.
  const members = [input, output].flatMap((schema) => Object.keys(schema["properties"] as JsonObject));
  expect(flows).toHaveLength(2);
  for (const member of members.filter((name) => name !== "warnings")) expect(row).toContain(`\`${member}`);
});
