// Does the documentation know every setting, and the program every setting that is documented?
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/configuration.md");

const namesIn = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].toSorted();

/** Names that the reader of the environment asks for, as texts of their own. */
const readNames = namesIn(read("src/config.ts"), /"((?:MILLRACE|TEMPORAL|MONGODB|NODE)_[A-Z_]+)"/g);
/** Names that begin a row of a table. */
const documentedNames = namesIn(page, /^\| `([A-Z_]+)`/gm);

test("every setting that is read is documented, and every documented one is read", () => {
  expect(readNames.length).toBeGreaterThan(15);
  expect(documentedNames).toEqual(readNames);
});

test("every setting that the API, compose and the worker name is one that exists", () => {
  const known = new Set(readNames);
  const named = namesIn(read("docker-compose.yml"), /^ +((?:MILLRACE|MONGODB|TEMPORAL)_[A-Z_]+):/gm);
  // Temporal's own UI has settings that begin in the same way.
  expect(named.filter((name) => !known.has(name))).toEqual(["TEMPORAL_CODEC_ENDPOINT", "TEMPORAL_CORS_ORIGINS"]);
});

test.each([
  ["MILLRACE_PORT", "port", "8080"],
  ["MILLRACE_ROLE", "role", "all"],
  ["MILLRACE_DOWNLOAD", "download", "auto"],
  ["MILLRACE_LOG_LEVEL", "logLevel", "info"],
] as const)("the documented default of %s is the one that holds", (name, field, shown) => {
  expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\| \`${shown}\` `, "m"));
  expect(String(readConfig({})[field])).toBe(shown);
});
