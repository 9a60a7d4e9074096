// Is docs/peer-cases.md true? Every case of others once, everything that none of them tries, and each with tests that are there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.ts";

/** The first cell of a row, and its last: tests, or a sentence that says why none apply. */
type Row = { key: string; held: string };

const page = readFileSync(join(packageRoot, "docs", "peer-cases.md"), "utf8");
const rowsOf = (title: string): Row[] => {
  const [, section = ""] = page.split(`\n## ${title}\n`);
  const [table = ""] = section.split("\n## ");
  return table
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:-|case|where)/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => ({ key: cells[1] ?? "", held: cells.at(-2) ?? "" }));
};
const peers = rowsOf("Thirty cases");
const untried = rowsOf("What none of them tries");
const urls = rowsOf("Bad URLs");

test("the thirty cases, the ten that nobody tries and the ways in of bad URLs stand there once each, in order", () => {
  expect(peers.map(({ key }) => key)).toEqual(Array.from({ length: 30 }, (_, index) => String(index + 1)));
  expect(untried.map(({ key }) => key).join("")).toBe("abcdefghij");
  expect(urls.map(({ key }) => key)).toEqual([
    "create",
    "update",
    "test send",
    "import",
    "dynamic URL",
    "OAuth token URL",
    "each attempt",
  ]);
});

test("every case is held by tests that stand in their files under these names, but one that does not apply", () => {
  const held = [...peers, ...untried, ...urls].filter(({ held: text }) => !text.startsWith("Does not apply: "));
  expect(held).toHaveLength(peers.length + untried.length + urls.length - 1);
  const missing = held.flatMap(({ key, held: text }) =>
    text
      .split("<br>")
      .filter((one) => !isThere(one))
      .map((one) => `${key}: ${one}`),
  );
  expect(missing).toEqual([]);
});

/** A name stands between quotes, as the name of a test or in a table of tests. */
function isThere(text: string): boolean {
  const [, file, name] = /^`([a-z/-]+)` (.+)$/.exec(text) ?? [];
  const path = join(packageRoot, "test", `${file}.test.ts`);
  if (name === undefined || !existsSync(path)) return false;
  const source = readFileSync(path, "utf8");
  return ['"', "'", "`"].some((quote) => source.includes(quote + name + quote));
}

test("a test that was renamed is missed", () => {
  const [first] = peers;
  const [one = ""] = (first?.held ?? "").split("<br>");
  expect([isThere(one), isThere(`${one} of old`), isThere(one.replace("peer", "other"))]).toEqual([true, false, false]);
});
