// Does the documentation say what the connectors can do?
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capabilityTable } from "./capability-table.ts";

const page = join(import.meta.dirname, "..", "..", "docs", "connectors.md");
const block = /(<!-- capabilities -->\n\n)([\s\S]*?)(\n\n<!-- end of capabilities -->)/;

test("the table of capabilities is that of the connectors (write it anew: WRITE_CAPABILITIES=1 npx jest test/docs/capabilities)", () => {
  const text = readFileSync(page, "utf8");
  if (process.env["WRITE_CAPABILITIES"]) {
    writeFileSync(
      page,
      text.replace(block, (_, begin: string, __, end: string) => begin + capabilityTable() + end),
    );
  }
  expect(block.exec(readFileSync(page, "utf8"))?.[2]).toBe(capabilityTable());
});
