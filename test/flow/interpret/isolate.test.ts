// The interpreter runs inside Temporal's isolate: what it imports must be small, pure and free of Node.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const source = join(__dirname, "../../../src");

/** Every module that is loaded with a file: type-only imports are erased and do not count. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, clause = "", from = ""] of text.matchAll(/^(?:import|export)\s([^;]*?)\sfrom "([^"]+)";/gms)) {
    if (/^type\s/.test(clause)) continue;
    if (from.startsWith(".")) loadedWith(join(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

test("nothing but the pure parts of the flow and the model is loaded with the interpreter", () => {
  const loaded = [...loadedWith(join(source, "flow/interpret.ts"))].map((file) =>
    file.startsWith(source) ? relative(source, file) : file,
  );
  expect(loaded).toEqual(expect.arrayContaining(["flow/steps/choose.ts", "flow/logic/evaluate.ts"]));
  expect(loaded.filter((file) => !/^(flow|model)\//.test(file))).toEqual([]);
  for (const outside of ["flow/regex.ts", "flow/values.ts", "flow/trial.ts"]) expect(loaded).not.toContain(outside);
});

test("an import of Node or of a package would be seen", () => {
  expect([...loadedWith(join(source, "model/ids.ts"))]).toContain("node:crypto");
});

test("neither clock, chance nor timers are used but through the effects", () => {
  for (const file of loadedWith(join(source, "flow/interpret.ts"))) {
    expect(readFileSync(file, "utf8")).not.toMatch(/Date\.now|new Date\(\)|Math\.random|setTimeout|process\./);
  }
});
