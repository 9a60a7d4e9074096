// The codec endpoint of Temporal's UI: who may ask it, from where, and what it answers.
import { request as httpRequest } from "node:http";
import type { Payload } from "@temporalio/common";
import { codecUrl } from "../../src/api/codec.ts";
import { createPayloads } from "../../src/engine/codec.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { startApi, type TestApi } from "./start-api.ts";

const older = newKeyringEntry();
const newer = newKeyringEntry();
const keyring = parseKeyring(`${newer},${older}`);
const { codec } = createPayloads({ keyring, namespace: "millrace", encrypts: true });
const ui = "http://127.0.0.1:8233";
const config = { publicUrl: undefined, host: "127.0.0.1", port: 8080, role: "all" } as const;
const pathFor = (entry: string) => new URL(codecUrl(config, parseKeyring(entry)) ?? "").pathname;
const base = pathFor(newer);

let app: TestApi;
beforeAll(async () => {
  app = await startApi({ deps: { codec: { codec, namespace: "millrace", keyring, origins: [ui] } } });
});
afterAll(() => app.stop());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.call("POST", path, { key: null, body, headers });
const asJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
  ),
  data: Buffer.from(data ?? []).toString("base64"),
});
const hello = asJson({ metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from('"hello"') });

test("what it encodes is sealed, and what it decodes comes back in order", async () => {
  const encoded = await post(`${base}/encode`, { payloads: [hello, hello] }, { "x-namespace": "millrace" });
  expect(encoded.status).toBe(200);
  expect(encoded.text).not.toContain(hello.data);
  const mixed = [encoded.body.payloads[0], { metadata: {}, data: "AAEC" }, encoded.body.payloads[1]];
  const decoded = await post(`${base}/decode`, { payloads: mixed }, { "x-namespace": "millrace" });
  expect(decoded.body).toEqual({ payloads: [hello, { metadata: {}, data: "AAEC" }, hello] });
});

test("a question as the UI of Temporal 2.54 asks it is answered", async () => {
  const headers = { origin: ui, referer: `${ui}/`, "x-namespace": "millrace" };
  const answer = await post(`${base}/decode?preserveStorageRefs=true`, { payloads: [hello] }, headers);
  expect([answer.status, answer.body]).toEqual([200, { payloads: [hello] }]);
});

test("the API's description has it as a route without a key", async () => {
  const { body } = await app.call("GET", "/openapi.json", { key: null });
  expect(body.paths["/temporal/codec/{token}/decode"].post.security).toEqual([]);
});

test("the address of an earlier key stays good while the key is in the ring", async () => {
  expect((await post(`${pathFor(older)}/decode`, { payloads: [hello] })).status).toBe(200);
  expect((await post(`${pathFor(newKeyringEntry())}/decode`, { payloads: [hello] })).status).toBe(404);
});

test.each([
  ["no token", "/temporal/codec/decode"],
  ["another token", "/temporal/codec/x/decode"],
  ["what stands in the place of a checked token", "/temporal/codec/-/decode"],
  ["a token cut short", `${base.slice(0, -1)}/decode`],
  ["other letters of the path", base.replace("temporal", "Temporal") + "/decode"],
  ["other letters, and the place of a checked token", "/temporal/CODEC/-/decode"],
  ["an empty part of the path", "//temporal/codec/-/decode"],
  ["an encoded slash", "/temporal%2Fcodec/-/decode"],
])("with %s there is nothing, and no byte of the body is waited for", async (_what, path) => {
  const { hostname, port } = new URL(app.url);
  const headers = { "content-type": "application/json", "content-length": "1000000" };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method: "POST", headers }, (answer) => {
      resolve(answer.statusCode);
      request.destroy();
    });
    request.on("error", reject);
    request.write("{");
  });
  expect(status).toBe(404);
});

test("the pages of Temporal's UI may ask, and no others", async () => {
  const preflight = (origin: string) =>
    app.call("OPTIONS", `${base}/decode`, {
      key: null,
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "x-namespace" },
    });
  const allowed = await preflight(ui);
  expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([204, ui]);
  expect(allowed.headers.get("access-control-allow-headers")).toBe("content-type, x-namespace");
  for (const origin of ["http://127.0.0.1:8234", "https://127.0.0.1:8233", "http://localhost:8233", "null"]) {
    const refused = await preflight(origin);
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  }
  // Errors too: the page shows them.
  const wrong = await post(`${base}/decode`, {}, { origin: ui });
  expect([wrong.status, wrong.headers.get("access-control-allow-origin")]).toEqual([422, ui]);
});

test("answers are not kept, and the address does not travel as a referrer", async () => {
  const { headers } = await post(`${base}/decode`, { payloads: [] });
  expect([headers.get("cache-control"), headers.get("referrer-policy")]).toEqual(["no-store", "no-referrer"]);
});

test("what cannot be opened is refused with its place and the reason", async () => {
  const stranger = newKeyringEntry();
  const theirs = createPayloads({ keyring: parseKeyring(stranger), namespace: "millrace", encrypts: true }).codec;
  const [sealed = {}] = await theirs.encode([{ data: Buffer.from("x") }]);
  const { status, body } = await post(`${base}/decode`, { payloads: [hello, asJson(sealed)] });
  expect([status, body.code]).toEqual([422, "request.invalid"]);
  const message = expect.stringContaining(`"${stranger.split(":")[0]}", which is not in the keyring`);
  expect(body.errors).toEqual([{ pointer: "/payloads/1", code: "unknown_key", message }]);
});

test("a question about another namespace is refused", async () => {
  const answer = await post(`${base}/decode`, { payloads: [] }, { "x-namespace": "default" });
  expect([answer.status, answer.body.detail]).toEqual([422, expect.stringContaining('knows "millrace" only')]);
});

test.each([
  ["no list", {}, "/payloads", "required"],
  ["a payload that is a text", { payloads: ["x"] }, "/payloads/0", "type"],
  ["bytes that are not base64", { payloads: [{ data: "ü" }] }, "/payloads/0/data", "format"],
  ["metadata that is no text", { payloads: [{ metadata: { encoding: 1 } }] }, "/payloads/0/metadata/encoding", "type"],
])("%s is refused with its place", async (_what, body, pointer, code) => {
  const answer = await post(`${base}/decode`, body);
  expect([answer.status, answer.body.errors]).toEqual([422, [expect.objectContaining({ pointer, code })]]);
});

test("a body is bounded", async () => {
  const answer = await post(`${base}/decode`, { payloads: [{ data: "A".repeat(8 * 1024 * 1024) }] });
  expect([answer.status, answer.body.code]).toEqual([413, "request.too_large"]);
});

test("without encryption there is no endpoint, not even with the right address", async () => {
  const plain = await startApi();
  try {
    expect((await plain.call("POST", `${base}/decode`, { key: null, body: { payloads: [] } })).status).toBe(404);
  } finally {
    await plain.stop();
  }
});

test("the address is told where it can be known", () => {
  const token = base.split("/").at(-1) ?? "";
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const at = (rest: Partial<Parameters<typeof codecUrl>[0]>) => codecUrl({ ...config, ...rest }, keyring);
  expect(at({})).toBe(`http://127.0.0.1:8080/temporal/codec/${token}`);
  expect(at({ host: "0.0.0.0" })).toBe(`http://127.0.0.1:8080/temporal/codec/${token}`);
  expect(at({ host: "::1" })).toBe(`http://[::1]:8080/temporal/codec/${token}`);
  expect(at({ publicUrl: "https://flows.example.com", port: 0 })).toBe(
    `https://flows.example.com/temporal/codec/${token}`,
  );
  expect(at({ port: 0 })).toBeUndefined();
  expect(at({ role: "worker" })).toBeUndefined();
});
