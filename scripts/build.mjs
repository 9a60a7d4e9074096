// Builds dist: the compiled sources, the client with its types, then the workflows bundled for Temporal's sandbox.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflows } from "./bundle-workflows.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const startedAt = new Date();

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
// The client is compiled by itself: it has to run in browsers, without the types of Node.
for (const project of ["tsconfig.build.json", "tsconfig.client.json"]) {
  const compiler = spawnSync(
    process.execPath,
    [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", project],
    { cwd: root, stdio: "inherit" },
  );
  if (compiler.status !== 0) process.exit(compiler.status ?? 1);
}
await bundleWorkflows(join(dist, "workflows"), ".js", join(dist, "workflow-bundle.js"));
const stamp = join(dist, ".built");
writeFileSync(stamp, "");
// The time of the start: what was saved while the build ran counts as newer.
utimesSync(stamp, startedAt, startedAt);
