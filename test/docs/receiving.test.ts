// Do the snippets for receivers let in what is genuine and nothing else? Each is run where its language is on the machine.
import { execFile, spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { startApp } from "../support/app.ts";
import { until } from "../support/wait.ts";

const root = join(__dirname, "../..");
const snippets = join(root, "docs/receiving");
const harnesses = join(root, "test/docs/receiving");
const page = readFileSync(join(root, "docs/receiving.md"), "utf8");

type Case = {
  why: string;
  isGenuine: boolean;
  secrets: string;
  id?: string;
  timestamp?: string;
  signature?: string;
  body: string | Buffer;
  now: number;
  header?: string;
};

// Standard Webhooks' own vectors: of its libraries for JavaScript and others, and of that for Rust.
const vector = {
  secrets: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: "1614265330",
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  body: '{"test": 2432232314}',
  now: 1_614_265_330,
};
const ofRust = {
  secrets: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
  timestamp: "1649367553",
  signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
  body: '{"email":"test@example.com","username":"test_user"}',
  now: 1_649_367_553,
};
const byKey = {
  ...vector,
  secrets: "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
  signature: "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
};

const v1 = (secret: string, id: string, timestamp: string, body: string | Buffer) =>
  `v1,${createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest("base64")}`;
const other = v1(ofRust.secrets, vector.id, vector.timestamp, vector.body);
const signature = vector.signature.slice(3);
const unicode = '{"name":"Zoë \u{1f600} \\u00e9","n":12345678901234567890,"m":1.10}';
const bytes = Buffer.from([0, 255, 254, 10, 13, 0]);

const good = (why: string, rest: Partial<Case>): Case => ({ why, isGenuine: true, ...vector, ...rest });
const bad = (why: string, rest: Partial<Case>): Case => ({ why, isGenuine: false, ...vector, ...rest });
/** What holds for `v1` and `v1a` alike, over a signed request. */
const common = (of: typeof vector): Case[] => [
  good("as it was signed", of),
  good("almost five minutes later", { ...of, now: of.now + 299 }),
  good("almost five minutes early", { ...of, now: of.now - 299 }),
  bad("an old one", { ...of, now: of.now + 301 }),
  bad("one of the future", { ...of, now: of.now - 301 }),
  bad("a changed body", { ...of, body: '{"test": 2432232315}' }),
  bad("a body with a byte more", { ...of, body: `${of.body} ` }),
  bad("an empty body", { ...of, body: "" }),
  bad("another id", { ...of, id: `${of.id}x` }),
  bad("another time, as near", { ...of, timestamp: String(of.now + 1) }),
  bad("a time with a fraction", { ...of, timestamp: `${of.timestamp}.0` }),
  bad("a time that is none", { ...of, timestamp: "now" }),
  bad("no id", { ...of, id: "" }),
  bad("no time", { ...of, timestamp: "" }),
  bad("no signature", { ...of, signature: "" }),
  bad("the first half of the signature", { ...of, signature: of.signature.slice(0, 24) }),
  bad("the signature without its last character", { ...of, signature: of.signature.slice(0, -1) }),
  bad("the signature and more", { ...of, signature: `${of.signature}AAAA` }),
  bad("nothing behind the version", { ...of, signature: of.signature.slice(0, of.signature.indexOf(",") + 1) }),
  bad("the signature without its version", { ...of, signature: of.signature.slice(of.signature.indexOf(",") + 1) }),
  bad("another version", { ...of, signature: of.signature.replace(/^v1a?/, "v2") }),
];

const standard: Case[] = [
  ...common(vector),
  good("another secret's vector", ofRust),
  good("several signatures, of which the second is ours", { signature: `${other} ${vector.signature}` }),
  good("several signatures, some of unknown versions", { signature: `v1a,AAAA v2,x ${vector.signature} v1,` }),
  good("several secrets, of which the second signed", { secrets: `${ofRust.secrets},${vector.secrets}` }),
  good("a secret without its prefix", { secrets: vector.secrets.slice("whsec_".length) }),
  good("unicode and numbers as they came", {
    body: unicode,
    signature: v1(vector.secrets, vector.id, vector.timestamp, unicode),
  }),
  good("bytes that are no text", { body: bytes, signature: v1(vector.secrets, vector.id, vector.timestamp, bytes) }),
  good("an empty body that was signed", { body: "", signature: v1(vector.secrets, vector.id, vector.timestamp, "") }),
  bad("another secret", { secrets: ofRust.secrets }),
  bad("several signatures, none of them ours", { signature: `${other} ${other}` }),
  bad("the signature in lower case", { signature: `v1,${signature.toLowerCase()}` }),
  bad("the signature as hexadecimal digits", { signature: `v1,${Buffer.from(signature, "base64").toString("hex")}` }),
  bad("a signature by an empty key", {
    secrets: "whsec_",
    signature: v1("whsec_", vector.id, vector.timestamp, vector.body),
  }),
];
const asymmetric: Case[] = [
  ...common(byKey),
  good("several signatures, one of them by HMAC", { ...byKey, signature: `${vector.signature} ${byKey.signature}` }),
  bad("another key", { ...byKey, secrets: `whpk_${Buffer.alloc(32, 9).toString("base64")}` }),
  bad("the public key as the secret of an HMAC", {
    ...byKey,
    signature: v1(byKey.secrets.replace("whpk_", ""), vector.id, vector.timestamp, vector.body),
  }),
];

// GitHub's documentation has this one.
const hub = { secrets: "It's a Secret to Everybody", body: "Hello, World!", now: 0 };
const hubHex = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const prefixed = (why: string, isGenuine: boolean, rest: Partial<Case>): Case => ({
  why,
  isGenuine,
  signature: "sha256=",
  header: `sha256=${hubHex}`,
  ...hub,
  ...rest,
});
const whsecText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const hexadecimal: Case[] = [
  prefixed("as it was signed", true, {}),
  prefixed("bare", true, { signature: "", header: hubHex }),
  prefixed("a secret that begins with whsec_, as text", true, {
    secrets: whsecText,
    header: `sha256=${createHmac("sha256", whsecText).update(hub.body).digest("hex")}`,
  }),
  prefixed("a changed body", false, { body: "Hello, World" }),
  prefixed("another secret", false, { secrets: "its a secret" }),
  prefixed("no header", false, { header: "" }),
  prefixed("the first half of it", false, { header: `sha256=${hubHex.slice(0, 32)}` }),
  prefixed("all but the last digit", false, { header: `sha256=${hubHex.slice(0, -1)}` }),
  prefixed("a digit more", false, { header: `sha256=${hubHex}0` }),
  prefixed("bare where a prefix belongs", false, { header: hubHex }),
  prefixed("a prefix where none belongs", false, { signature: "" }),
  prefixed("the prefix alone", false, { header: "sha256=" }),
];
const inside = (text: string, secret = hub.secrets) =>
  `${text.slice(0, -1)},"signature":"sha256=${createHmac("sha256", secret).update(text).digest("hex")}"}`;
const event = '{"id":"evt_1","type":"task.created","data":{"title":"Zoë","signature":"mine"}}';
const inBody = (why: string, isGenuine: boolean, body: string): Case => ({ why, isGenuine, ...hub, body });
const inBodies: Case[] = [
  inBody("as it was signed", true, inside(event)),
  inBody("another secret", false, inside(event, "another")),
  inBody("a changed member", false, inside(event).replace("Zoë", "Zoe")),
  inBody("no signature", false, event),
  inBody("something behind it", false, `${inside(event)} `),
  inBody("half a signature", false, inside(event).replace(/[0-9a-f]{32}"\}$/, '"}')),
];

const folder = mkdtempSync(join(tmpdir(), "receiving-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers whether each case is genuine, by a program that reads cases line by line. */
function ask(command: string, args: string[], cases: Case[], cwd = folder): string[] {
  const lines = cases.map((one) =>
    [one.secrets, one.id, one.timestamp, one.signature, one.body, String(one.now), one.header]
      .map((field) => Buffer.from(field ?? "").toString("base64"))
      .join("\t"),
  );
  const done = spawnSync(command, args, { cwd, input: `${lines.join("\n")}\n`, encoding: "utf8", timeout: 100_000 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}${done.error ?? ""}`);
  return done.stdout.trim().split("\n");
}

const isInstalled = (command: string) => spawnSync("/bin/sh", ["-c", `command -v ${command}`]).status === 0;

function prepareGo() {
  mkdirSync(join(folder, "receiving"));
  for (const file of ["verify.go", "verify_v1a.go"])
    copyFileSync(join(snippets, file), join(folder, "receiving", file));
  copyFileSync(join(harnesses, "harness.go"), join(folder, "main.go"));
  writeFileSync(join(folder, "go.mod"), "module example.com/snippets\n\ngo 1.21\n");
  compile("go", ["build", "-o", "harness", "."]);
}

function compile(command: string, args: string[]) {
  const done = spawnSync(command, args, { cwd: folder, encoding: "utf8", timeout: 100_000 });
  if (done.status !== 0) throw new Error(`${command}: ${done.stderr}${done.stdout}`);
}

function prepareDotnet() {
  for (const file of [join(snippets, "Verify.cs"), join(harnesses, "Harness.cs")]) {
    copyFileSync(file, join(folder, file.slice(file.lastIndexOf("/") + 1)));
  }
  const version = spawnSync("dotnet", ["--version"], { encoding: "utf8" }).stdout.split(".")[0];
  const properties = `<OutputType>Exe</OutputType><TargetFramework>net${version}.0</TargetFramework><Nullable>disable</Nullable>`;
  const project = `<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>${properties}</PropertyGroup></Project>`;
  writeFileSync(join(folder, "snippet.csproj"), project);
  compile("dotnet", ["build", "--output", "dotnet-out"]);
}

type Language = {
  language: string;
  /** What has to be on the machine. */
  needs: string[];
  prepare?: () => void;
  run: [command: string, ...args: string[]];
  cases: Case[];
};
const harness = (file: string) => join(harnesses, file);
const snippet = (file: string) => join(snippets, file);

const languages: Language[] = [
  {
    language: "Node",
    needs: ["node"],
    run: ["node", harness("harness.mjs"), snippet("verify.mjs"), "isGenuine"],
    cases: standard,
  },
  {
    language: "Node, v1a",
    needs: ["node"],
    run: ["node", harness("harness.mjs"), snippet("verify-v1a.mjs"), "isGenuine"],
    cases: asymmetric,
  },
  {
    language: "Node, hexadecimal",
    needs: ["node"],
    run: ["node", harness("harness.mjs"), snippet("verify-hmac.mjs"), "isSigned"],
    cases: hexadecimal,
  },
  {
    language: "Node, in the body",
    needs: ["node"],
    run: ["node", harness("harness.mjs"), snippet("verify-hmac.mjs"), "isSignedInside"],
    cases: inBodies,
  },
  {
    language: "Python",
    needs: ["python3"],
    run: ["python3", harness("harness.py"), snippet("verify.py"), "is_genuine"],
    cases: standard,
  },
  {
    language: "Python, hexadecimal",
    needs: ["python3"],
    run: ["python3", harness("harness.py"), snippet("verify_hmac.py"), "is_signed"],
    cases: hexadecimal,
  },
  {
    language: "Python, in the body",
    needs: ["python3"],
    run: ["python3", harness("harness.py"), snippet("verify_hmac.py"), "is_signed_inside"],
    cases: inBodies,
  },
  { language: "Go", needs: ["go"], prepare: prepareGo, run: ["./harness", "IsGenuine"], cases: standard },
  { language: "Go, v1a", needs: ["go"], run: ["./harness", "IsGenuineByKey"], cases: asymmetric },
  {
    language: "Java",
    needs: ["java", "javac"],
    prepare: () => compile("javac", ["-d", ".", snippet("Verify.java"), harness("Harness.java")]),
    run: ["java", "-cp", ".", "Harness"],
    cases: standard,
  },
  { language: "PHP", needs: ["php"], run: ["php", harness("harness.php"), snippet("verify.php")], cases: standard },
  { language: "Ruby", needs: ["ruby"], run: ["ruby", harness("harness.rb"), snippet("verify.rb")], cases: standard },
  {
    language: "C#",
    needs: ["dotnet"],
    prepare: prepareDotnet,
    run: ["dotnet", "dotnet-out/snippet.dll"],
    cases: standard,
  },
  {
    language: "C# by Mono",
    needs: ["mcs", "mono"],
    prepare: () => compile("mcs", ["-out:snippet.exe", snippet("Verify.cs"), harness("Harness.cs")]),
    run: ["mono", "snippet.exe"],
    cases: standard,
  },
];

const ready = languages.filter(({ needs }) => needs.every(isInstalled));
const missing = languages.filter((one) => !ready.includes(one));
if (missing.length > 0) {
  console.warn(
    `Skipped, for want of their tools: the snippets for ${missing.map(({ language }) => language).join(", ")}.`,
  );
}

test.each(ready)(
  "the snippet for $language lets in what is genuine, and nothing else",
  ({ prepare, run: [command, ...args], cases }) => {
    prepare?.();
    const answers = ask(command, args, cases);
    expect(cases.map(({ why }, index) => [why, answers[index]])).toEqual(
      cases.map(({ why, isGenuine }) => [why, String(isGenuine)]),
    );
  },
  120_000,
);

test("the whole receiver takes what is genuine once, and refuses the rest", async () => {
  const secret = vector.secrets;
  const server = spawn("node", [snippet("server.mjs")], {
    env: { PATH: process.env["PATH"], WEBHOOK_SECRET: secret, PORT: "0" },
  });
  const lines: string[] = [];
  const output = createInterface({ input: server.stdout }).on("line", (line) => lines.push(line));
  try {
    await until(() => lines.length > 0);
    const url = lines[0]?.split(" ").at(-1) ?? "";
    const send = async (body: string, by = secret) => {
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const signed = v1(by, "dlv_1", timestamp, body);
      const headers = { "webhook-id": "dlv_1", "webhook-timestamp": timestamp, "webhook-signature": signed };
      return (await fetch(url, { method: "POST", headers, body })).status;
    };
    const body = '{"type":"order.created","data":{"total":84.5}}';
    expect(await send(body, ofRust.secrets)).toBe(401);
    expect([await send(body), await send(body)]).toEqual([200, 200]);
    expect(await send("x".repeat(1_100_000))).toBe(413);
    await until(() => lines.length > 1);
    expect(lines.slice(1)).toEqual(["dlv_1 order.created { total: 84.5 }"]);
  } finally {
    output.close();
    server.kill();
  }
});

test("the commands of the page work", async () => {
  await using app = await startApp({ env: { MILLRACE_INBOX: "on" } });
  const [, commands = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const env = { PATH: process.env["PATH"], MILLRACE: app.url, KEY: app.apiKey };
  const strict = 'set -e; curl() { command curl --fail-with-body --max-time 20 "$@"; }';
  // Not by spawnSync: the app answers from this process.
  const done = await promisify(execFile)("bash", ["-c", `${strict}\n${commands}`], { env });
  expect(done.stdout).toContain('{\\"hello\\":\\"inbox\\"}');
  expect(done.stdout).toContain('"published":true');
});

test("each snippet is named on the page, and those that the page shows are the files", () => {
  for (const file of readdirSync(snippets)) expect(page).toContain(`(receiving/${file})`);
  const shown = [...page.matchAll(/^```\w+ (receiving\/\S+)\n([\s\S]*?)^```$/gm)];
  expect(shown.length).toBeGreaterThan(1);
  for (const [, file = "", text] of shown)
    expect([file, text]).toEqual([file, readFileSync(join(root, "docs", file), "utf8")]);
});

test("every link of the page leads somewhere", () => {
  const links = [...page.matchAll(/\]\(([^)#:\s]+)(#[^)]*)?\)/g)].map(([, file = ""]) => file);
  expect(links.filter((file) => !existsSync(join(root, "docs", file)))).toEqual([]);
});
