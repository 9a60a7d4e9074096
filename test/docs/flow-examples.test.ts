// Do the flows that the documentation shows compile, and do their own tests pass?
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connectors } from "../../connectors/index.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { compileFlow, type Compiled } from "../../src/flow/compile.ts";
import { runFlowTests } from "../../src/flow/trial.ts";
import type { Flow } from "../../src/model/flow.ts";

const root = join(import.meta.dirname, "..", "..");
const actions = actionCatalogue(connectors);
const nowMs = Date.UTC(2026, 10, 22);

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))].filter((path) =>
  path.endsWith(".md"),
);
const examples = pages.flatMap((page) =>
  flowsIn(readFileSync(join(root, page), "utf8")).map((text, index) => ({ page, number: index + 1, text })),
);

function compile(document: unknown): Compiled {
  return compileFlow(document, { flow: { id: "flow_1", slug: "example", version: 1 }, actions });
}

/** The texts of the blocks that begin with ```json flow. */
function flowsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^```json flow\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
}

test("the pages show flows", () => {
  expect([...new Set(examples.map(({ page }) => page))]).toEqual(
    expect.arrayContaining(["README.md", join("docs", "flow-language.md"), join("docs", "connectors.md")]),
  );
});

test.each(examples)("flow $number of $page could be published as it stands", async ({ text }) => {
  const document: unknown = JSON.parse(text);
  const compiled = compile(document);
  expect(compiled).toMatchObject({ ok: true, warnings: [] });
  if (!compiled.ok) return;
  // Safe: only a document that is a flow compiles.
  const results = await runFlowTests(compiled.plan, (document as Flow).tests ?? [], { actions, nowMs });
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
});

test("a flow with a misspelt member would be noticed", () => {
  const [example] = examples;
  const misspelt: unknown = JSON.parse((example?.text ?? "").replace('"with"', '"wiht"'));
  expect(compile(misspelt)).toMatchObject({ ok: false });
});
