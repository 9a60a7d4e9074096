// What `npm run dev` starts and restarts: the engine from its sources, with the workflows bundled anew.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflows } from "./bundle-workflows.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

await mkdir(join(root, "dist"), { recursive: true });
await bundleWorkflows(join(root, "workflows"), ".ts", join(root, "dist", "workflow-bundle.js"));
await import("../src/main.ts");
