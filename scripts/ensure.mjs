// Before `npm start` and `npm test`: is everything there that they need? Plain Node, since nothing may be installed yet.
// Checks the Node version, installs the dependencies of package-lock.json, and builds what is older than its sources.
// `ensure.mjs install` leaves out the build.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = [
  "src",
  "workflows",
  "activities",
  "connectors",
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
];
const builtStamp = join(root, "dist", ".built");
const installedStamp = join(root, "node_modules", ".millrace-lock");

checkNode();
if (!isInstalled()) install();
if (process.argv[2] !== "install" && !isBuilt()) run("npm", ["run", "--silent", "build"], "Building");

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Millrace needs Node.js 20.19 or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  );
}

function isInstalled() {
  if (existsSync(installedStamp) && readFileSync(installedStamp, "utf8") === lockHash()) return true;
  // npm's own record: somebody ran `npm ci` by hand, after the lock file came to stand here.
  const record = join(root, "node_modules", ".package-lock.json");
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function install() {
  // The tools that build are development dependencies: they are needed under NODE_ENV=production too.
  run("npm", ["ci", "--include=dev"], "Installing dependencies");
  writeFileSync(installedStamp, lockHash());
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function isBuilt() {
  if (!existsSync(builtStamp)) return false;
  const builtMs = statSync(builtStamp).mtimeMs;
  return sources.every((source) => newestMs(join(root, source)) <= builtMs);
}

/** Time of the latest change in a file or below a folder. A folder's own time tells of files that are gone. */
function newestMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((newest, entry) => Math.max(newest, newestMs(join(path, entry))), stats.mtimeMs);
}

function run(command, parameters, title) {
  process.stderr.write(`${title} …\n`);
  // Standard output stays the program's own.
  const { status, error } = spawnSync(command, parameters, { cwd: root, stdio: ["inherit", 2, 2] });
  if (error) fail(`${title} failed: ${error.message}`);
  if (status !== 0) fail(`${title} failed: \`${[command, ...parameters].join(" ")}\` ended with ${status}.`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
