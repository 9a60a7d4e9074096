// Do the pages know every function and every shipped template, and could their flows be published?
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectors } from "../../connectors/index.ts";
import { shippedTemplates } from "../../src/api/shipped-templates.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { compileFlow } from "../../src/flow/compile.ts";
import type { TemplateLookup } from "../../src/flow/message-nodes.ts";
import { checkMessage } from "../../src/flow/message.ts";
import { functions, functionsByKind } from "../../src/flow/template/functions/index.ts";

const read = (page: string) => readFileSync(join(import.meta.dirname, "../../docs", page), "utf8");
const page = read("message-templates.md");
/** The first words of the first and second cells of the rows whose first cell is code. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `([A-Za-z-]+)[^|]*\| +`?(\w+)/gm)].map(([, name = "", second = ""]) => `${name} ${second}`);

test("every function of a kind has its row, with its kind, and every row its function", () => {
  const [, table = ""] = page.split("These functions are for one kind each.");
  const rows = rowsOf(table.split("\n## ")[0] ?? "");
  const known = Object.entries(functionsByKind).flatMap(([kind, of]) =>
    [...of.keys()].map((name) => `${name} ${kind}`),
  );
  expect(rows.toSorted()).toEqual(known.toSorted());
});

test("every function that all templates have is in the table of the flow language", () => {
  const [, values = ""] = read("flow-language.md").split("\n## Values\n");
  const rows = (values.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| "));
  const named = rows.slice(2).flatMap((row) => [...row.matchAll(/`(\w+)[^`]*`/g)].map(([, name = ""]) => name));
  expect(named.toSorted()).toEqual([...functions.keys()].toSorted());
});

test("every shipped template has its row, with its kind", () => {
  const [, table = ""] = page.split("## Templates that come with Millrace");
  const rows = rowsOf(table.split("\n## ")[0] ?? "");
  const shipped = [...shippedTemplates.values()].map(({ slug, kind }) => `${slug} ${kind}`);
  expect(rows.toSorted()).toEqual(shipped.toSorted());
});

test.each([...shippedTemplates.values()])("$slug could be saved by a tenant", ({ kind, text, description, sample }) => {
  expect(checkMessage(kind, text)).toEqual([]);
  expect(text).not.toContain("\r");
  expect([description.length > 20, sample?.type]).toEqual([true, expect.any(String)]);
});

test("the flows of the page could be published as they stand", () => {
  const templates: TemplateLookup = { find: ({ slug }) => shippedTemplates.get(slug), slugs: [] };
  const flows = [...page.matchAll(/^```json flow-with-templates\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
  expect(flows.length).toBeGreaterThan(0);
  for (const text of flows) {
    const flow = { id: "flow_1", slug: "example", version: 1 } as const;
    const compiled = compileFlow(JSON.parse(text), { flow, actions: actionCatalogue(connectors), templates });
    expect(compiled).toMatchObject({ ok: true, warnings: [] });
  }
});
