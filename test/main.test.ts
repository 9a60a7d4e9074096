// What do the command's small questions answer, on which stream, and with which exit code?
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../src/package-root.ts";
import { newKeyringEntry } from "../src/vault/keyring.ts";

function millrace(args: string[], env: Record<string, string> = {}) {
  const script = join(packageRoot, "src", "main.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, ...args], {
    cwd: packageRoot,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const keys = { MILLRACE_KEYS: newKeyringEntry(), NODE_ENV: "production" };

test("codec-url prints the address for Temporal's UI and nothing else", () => {
  const { status, stdout } = millrace(["codec-url", "--port", "9000"], { ...keys, MILLRACE_TEMPORAL_ENCRYPTION: "on" });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:9000\/temporal\/codec\/[A-Za-z0-9_-]{43}\n$/);
  expect(status).toBe(0);
});

test.each([
  ["encryption is off", {}, "MILLRACE_TEMPORAL_ENCRYPTION is off"],
  ["the port is not known", { MILLRACE_TEMPORAL_ENCRYPTION: "on", MILLRACE_PORT: "0" }, "Set MILLRACE_PUBLIC_URL"],
  ["the setting is misspelt", { MILLRACE_TEMPORAL_ENCRYPTION: "yes" }, "must be one of on, off"],
])("codec-url says why there is no address when %s", (_when, env, sentence) => {
  const { status, stdout, stderr } = millrace(["codec-url"], { ...keys, ...env });
  expect([status, stdout, stderr]).toEqual([2, "", expect.stringContaining(sentence)]);
});
