// Where the package stands: templates and built files are found from here, from the sources and from dist alike.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of Millrace's package.json. */
export const packageRoot = findPackageRoot(import.meta.dirname);

/** A file of the package as parsed JSON; `path` is relative to the package's folder. */
export function readPackageJson(path: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot, path), "utf8"));
}

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("Millrace's package.json was not found above its code.");
  return findPackageRoot(parent);
}
