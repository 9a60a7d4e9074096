// The workflows as Temporal's sandbox loads them, bundled from the sources once and kept until a source changes.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What a bundle is made of: its sources, and the packages that the lock file pins. */
const inputs = ["workflows", "src/flow", "src/model", "package-lock.json"];

/** Path of a bundle of the present sources, made when there is none yet. */
export async function testWorkflowBundle(): Promise<string> {
  const folder = join(root, "node_modules", ".cache", "millrace");
  const path = join(folder, `workflows-${await hashOfInputs()}.js`);
  if (await exists(path)) return path;
  // Loaded here: it takes long, and most runs find a bundle.
  const { bundleWorkflows } = await import("../../scripts/bundle-workflows.mjs");
  await mkdir(folder, { recursive: true });
  await removeOld(folder);
  const part = `${path}.${process.pid}`;
  await bundleWorkflows(join(root, "workflows"), ".ts", part);
  await rename(part, path);
  return path;
}

/** Bundles of sources that nobody has touched for a day are of no use to a run that goes on beside this one. */
async function removeOld(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, entry)).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - 86_400_000) await rm(join(folder, entry), { force: true });
  }
}

async function hashOfInputs(): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) {
    for (const file of await filesBelow(join(root, input))) hash.update(`${file}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = (await readdir(path)).sort();
  return (await Promise.all(entries.map((entry) => filesBelow(join(path, entry))))).flat();
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
