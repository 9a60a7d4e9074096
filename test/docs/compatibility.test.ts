// Is docs/compatibility.md true? Every row of the five guides' webhooks once, each with tests that are there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";
import { compatibilityPage, tables } from "./compatibility/page.ts";

const rows = tables.flatMap((table) => table.rows);

test.each(tables)("$title: every row stands there once, in order", ({ ids, rows: of }) => {
  expect(of.map(([id]) => id)).toEqual(ids);
});

test("every row names a test, or says in a sentence why it does not apply", () => {
  const lacking = rows.filter(([, promise, held]) => promise.length < 5 || held.length === 0 || isNoSentence(held));
  expect(lacking.map(([id]) => id)).toEqual([]);
});

function isNoSentence(held: (typeof rows)[number][2]): boolean {
  return typeof held === "string" && !/^[A-Z].{30,}\.$/.test(held);
}

test("every named test is in its file under this name", () => {
  const sources = new Map<string, string>();
  const missing = rows.flatMap(([id, , held]) => {
    if (typeof held === "string") return [];
    return held
      .filter(([file, name]) => !hasTest(file, name, sources))
      .map(([file, name]) => `${id}: ${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});

/** A name stands between quotes, behind `test(` or as the second part of a table of tests. */
function hasTest(file: string, name: string, sources: Map<string, string>): boolean {
  const path = join(packageRoot, "test", `${file}.test.ts`);
  if (!sources.has(path)) sources.set(path, existsSync(path) ? readFileSync(path, "utf8") : "");
  const source = sources.get(path) ?? "";
  return ['"', "'", "`"].some((quote) =>
    source.includes(quote + name.replaceAll("`", quote === "`" ? "\\`" : "`") + quote),
  );
}

test("the page is made of these rows (write it anew: npm run compatibility)", () => {
  const page = readFileSync(join(packageRoot, "docs", "compatibility.md"), "utf8");
  expect(page).toBe(compatibilityPage());
});
