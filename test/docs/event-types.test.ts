// Is docs/event-types.md true? Its commands work, and its example is an event type.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { payloadSchemaLimits } from "../../src/flow/payload/guard.ts";
import { startApi, type TestApi } from "../api/start-api.ts";

const run = promisify(execFile);
const page = readFileSync(join(__dirname, "../../docs/event-types.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
    .map(([, text = ""]) => text)
    .join("");

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

test("the example is taken as it stands", async () => {
  const { status, body } = await app.call("POST", "/v1/event-types", { text: blocks("json") });
  expect([status, body]).toEqual([201, expect.objectContaining(JSON.parse(blocks("json")))]);
});

test("the commands work", async () => {
  const env = { PATH: process.env["PATH"], MILLRACE: app.url, KEY: app.key };
  const strict = 'set -e; curl() { command curl --fail-with-body --max-time 20 "$@"; echo; }';
  const { stdout } = await run("bash", ["-c", `${strict}\n${blocks("sh")}`], { env });
  const answers = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  expect(answers).toMatchObject([
    { name: "parcel.weighed", mode: "warn" },
    { deliveries: 0, warnings: [{ pointer: "/data/kg", message: "This must be >= 0." }] },
    { name: "parcel.delayed" },
    { from: "schema", published: false, event: { data: { id: expect.any(String) } } },
    { from: "schema", published: true },
  ]);
});

test("the bounds are those that hold", () => {
  const { bytes, depth, enumValues, patternChars, uniqueItems, cost } = payloadSchemaLimits;
  const bounds = [
    `${bytes / 1024} KB`,
    depth,
    `${enumValues} values`,
    `${patternChars} characters`,
    `maxItems\` of ${uniqueItems}`,
  ];
  for (const bound of [...bounds, `${cost.toLocaleString("en")} schemas`]) expect(page).toContain(String(bound));
});
