// Is docs/webhooks.md true? Its commands are carried out, one block after the other, as somebody would who reads it.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startApp } from "../support/app.ts";

const run = promisify(execFile);
const page = readFileSync(join(__dirname, "../../docs/webhooks.md"), "utf8");
const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");
const [, before = ""] = /^## Webhooks for your customers\n[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(readme) ?? [];
const [settings = "", ...commands] = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

jest.setTimeout(60_000);

test("every command of the page works, and the failed delivery ends delivered by hand", async () => {
  await using app = await startApp({ env: { MILLRACE_INBOX: "on" } });
  // The page's own settings, for this server.
  const here = (text: string) => text.replaceAll("http://127.0.0.1:8080", app.url);
  const own = here(settings).replace("$(cat .millrace/first-api-key)", app.apiKey);
  const strict = 'set -e -o pipefail; curl() { command curl --fail-with-body --max-time 20 "$@"; echo; }';
  // Who reads the page has read the README, and has its endpoint and events.
  const read = await run("bash", ["-c", [strict, own, here(before)].join("\n")]);
  expect(read.stdout).toMatch(/"verification":\{"verified":true[^]*"status":"delivered"/);
  const { stdout } = await run("bash", ["-c", [strict, own, ...commands].join("\n")]);
  expect(stdout).toContain('"matched":0,"runs":[],"deliveries":1,"duplicate":false');
  expect(stdout).toContain('"verification":{"verified":true');
  expect(stdout).toContain('"message":"The receiver answered 503."');
  expect(stdout).toMatch(/"status":"delivered".*"trigger":"manual"/);
  expect(stdout).toMatch(/^curl /m);
});
