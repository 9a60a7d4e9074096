// Does the curl command send the same request, whatever the body holds, and nothing but it?
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { curlOf, type CurlRequest } from "../../src/delivery/curl.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "curl-"));
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** What arrives when a shell carries the command out, in a folder that is looked at afterwards. */
async function sent(request: Partial<CurlRequest>) {
  const made = curlOf({ method: "POST", url: `${receiver.url}/in`, headers: {}, body: "", ...request });
  if (!made.ok) throw new Error(made.message);
  receiver.requests.length = 0;
  // From a file: a person's paste is no argument either, and has no limit.
  writeFileSync(join(folder, "command.sh"), made.command);
  await run("/bin/sh", ["command.sh"], { cwd: folder });
  expect(receiver.requests).toHaveLength(1);
  return receiver.requests[0]!;
}

const hostile: [string, string][] = [
  ["JSON", '{"a":"it\'s","b":[1.10,12345678901234567890],"c":"\\u00e9 é 😀"}'],
  ["quotes", `'"'"'''\\'\\"`],
  ["a command between quotes", "'; touch stolen; echo '"],
  ["substitutions", "$(touch stolen) `touch stolen` ${HOME} !! $'x' %s %n %b"],
  ["backslashes", "\\ \\\\ \\n \\0101 \\c and more"],
  ["line ends", "one\ntwo\r\nthree\n\n"],
  ["a file's name", "@/etc/passwd"],
  ["an option", "--output stolen"],
  ["a dash", "-"],
  ["control characters", "a\u0003b\u001b[201~\u0007c\u007fd\u009b31me\\0101"],
  ["only spaces", "  \t "],
  ["the end of a here document", "EOF\n"],
  ["combining and astral characters", "e\u0301 \u{1f469}\u200d\u{1f467} \u202e \ufeff"],
  ["200 KB of quotes", "'".repeat(200_000)],
  ["200 KB", `${"é\\".repeat(70_000)}\n`],
];

test.each(hostile)("a body of %s arrives to the byte", async (_, body) => {
  const { body: arrived } = await sent({ body });
  expect(arrived.equals(Buffer.from(body))).toBe(true);
  expect(existsSync(join(folder, "stolen"))).toBe(false);
});

test("any body without a NUL arrives to the byte", async () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 200 }).filter((one) => !one.includes("\0"));
  await fc.assert(
    fc.asyncProperty(text, async (body) => {
      const { body: arrived } = await sent({ body });
      expect(arrived.equals(Buffer.from(body))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("method, path, query and headers arrive, and curl adds none of its own", async () => {
  const headers = {
    "webhook-id": "evt_1",
    "Webhook-Signature": "v1,abc= v1,d'ef=",
    "x-empty": "",
    "x-odd": '@file "quoted" $HOME',
    host: "elsewhere.example",
    "content-length": "999",
  };
  const request = await sent({ method: "PUT", url: `${receiver.url}/a/{b}[1-3]?x='&y=$(id)`, headers, body: "{}" });
  expect([request.method, request.path]).toEqual(["PUT", "/a/{b}[1-3]?x='&y=$(id)"]);
  const { host, ...rest } = request.headers;
  expect([`http://${host}`, rest]).toEqual([
    receiver.url,
    {
      "webhook-id": "evt_1",
      "webhook-signature": headers["Webhook-Signature"],
      "x-empty": "",
      "x-odd": headers["x-odd"],
      "content-length": "2",
    },
  ]);
  const { headers: own } = await sent({ headers: { "user-agent": "Ours/1", "content-type": "text/plain" }, body: "a" });
  expect(own).toMatchObject({ "user-agent": "Ours/1", "content-type": "text/plain" });
});

test("a request without a body has none", async () => {
  expect((await sent({ method: "GET" })).body).toHaveLength(0);
});

test.each<[string, Partial<CurlRequest>]>([
  ["a NUL in the body", { body: "a\0b" }],
  ["a method with a space", { method: "POST x" }],
  ["a URL of another scheme", { url: "file:///etc/passwd" }],
  ["a URL that begins like an option", { url: "-o stolen" }],
  ["a URL of two lines", { url: "http://a.example/\u001b" }],
  ["a URL with a line break", { url: "http://a.example/\n" }],
  ["a header of two lines", { headers: { a: "b\nc: d" } }],
  ["a header's name that names a file", { headers: { "@file": "" } }],
])("%s is refused", (_, request) => {
  const made = curlOf({ method: "POST", url: "http://a.example/", headers: {}, body: "", ...request });
  expect(made).toEqual({ ok: false, message: expect.any(String) });
});
