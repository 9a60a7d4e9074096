// Do the pages agree with each other: one promise, and links that lead somewhere?
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const inDocs = readdirSync(join(root, "docs")).map((name) => join("docs", name));
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs].filter((path) =>
  path.endsWith(".md"),
);

/** The quoted paragraph below the heading "The promise". */
function promiseIn(page: string): string | undefined {
  return /^## The promise\n\n((?:>.*\n)+)/m.exec(read(page))?.[1];
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = ""]) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const links = pages.flatMap((page) =>
  [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = ""]) => ({ page, target })),
);

test("the README makes the promise that docs/reliability.md keeps, word for word", () => {
  expect(promiseIn("README.md")).toBeDefined();
  expect(promiseIn("README.md")).toBe(promiseIn("docs/reliability.md"));
});

test.each(links)("the link to $target in $page leads somewhere", ({ page, target }) => {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  expect(existsSync(join(root, file))).toBe(true);
  const anchors = anchor === undefined ? [] : anchorsOf(file);
  expect(anchors.includes(anchor ?? "")).toBe(anchor !== undefined);
});

test("every page of docs is linked from the README", () => {
  const linked = links.filter(({ page }) => page === "README.md").map(({ target }) => join(target));
  expect(inDocs.filter((page) => page.endsWith(".md") && !linked.includes(page))).toEqual([]);
});
