// Bytes that steps received are handed out as files, to their own tenant.
import { createHash } from "node:crypto";
import { startApi, type TestApi } from "./start-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const page = Buffer.from("<script>alert(1)</script>");

test("a blob is answered byte by byte, as a file that no browser shows or runs", async () => {
  const bytes = Buffer.concat([Buffer.from([0, 255, 128, 10, 13]), page]);
  const ref = await api.store.blobs.put(api.tenantId, bytes, "text/html; charset=utf-8");
  expect(ref).toMatchObject({ bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  const answer = await fetch(`${api.url}/v1/blobs/${ref.id}`, { headers: { authorization: `Bearer ${api.key}` } });
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-disposition": `attachment; filename="${ref.id}"`,
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    etag: `"${ref.sha256}"`,
  });
});

test("a blob of another tenant, and one that was never there, are not there", async () => {
  const ref = await api.store.blobs.put("tnt_other", page, "text/plain");
  for (const id of [ref.id, "blob_0123456789ABCDEFGHIJKL", "run_0123456789ABCDEFGHIJKL"]) {
    expect(await api.call("GET", `/v1/blobs/${id}`)).toMatchObject({
      status: 404,
      body: { code: "resource.not_found" },
    });
  }
});

test("a key that may not read runs gets no bytes", async () => {
  const ref = await api.store.blobs.put(api.tenantId, page, "text/plain");
  const key = await api.newKey(api.tenantId, ["flows:read"]);
  expect(await api.call("GET", `/v1/blobs/${ref.id}`, { key })).toMatchObject({ status: 403 });
});
