// The API's own description: OpenAPI, its browsable form, published schemas and the error codes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "../../src/model/errors.ts";
import { startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string> = {}) => app.call("GET", path, { key: null, headers });

test("the document describes every route with its scope, and every reference in it leads somewhere", async () => {
  const { body } = await get("/openapi.json");
  expect(body.openapi).toMatch(/^3\.1\./);
  const documented = app.api.routes.filter((one) => !/^\/(docs|openapi)/.test(one.path));
  const operationIds = new Set<string>();
  for (const { method, path, scope } of documented) {
    const operation = body.paths[path][method];
    expect([path, operation.security]).toEqual([path, scope === "public" ? [] : [{ apiKey: [] }]]);
    expect(operation.description).toContain(scope === "public" ? "" : scope);
    const named = operation.parameters
      .filter((one: { in: string }) => one.in === "path")
      .map((one: { name: string }) => `{${one.name}}`);
    expect(named).toEqual(path.match(/\{\w+\}/g) ?? []);
    operationIds.add(operation.operationId);
  }
  expect(operationIds.size).toBe(documented.length);
  for (const [, ref = ""] of JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)) {
    let target = body;
    for (const key of ref.slice(2).split("/")) target = target?.[key];
    expect([ref, typeof target]).toEqual([ref, "object"]);
  }
});

test("the document is not sent again to who has it", async () => {
  const { headers } = await get("/openapi.json");
  const again = await get("/openapi.json", { "if-none-match": headers.get("etag") ?? "" });
  expect([again.status, again.text]).toEqual([304, ""]);
});

test("the browsable form comes from here alone", async () => {
  const page = await get("/docs");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.text).not.toMatch(/https?:|<script>|onload/);
  for (const [, file = ""] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const answer = await get(file);
    expect([file, answer.status, answer.text.length > 100]).toEqual([file, 200, true]);
  }
  for (const path of ["/docs/package.json", "/docs/..%2fpackage.json", "/docs/__proto__"]) {
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  }
});

test("schemas are public, and only those that there are", async () => {
  const { body, headers } = await get("/v1/schemas/flow.json");
  expect(headers.get("content-type")).toBe("application/schema+json");
  expect(body).toMatchObject({ $schema: expect.stringContaining("2020-12"), required: ["name", "on", "steps"] });
  expect((await get("/v1/schemas/constructor")).status).toBe(404);
});

test("connectors are listed with the schemas of their actions", async () => {
  const { body } = await app.call("GET", "/v1/connectors");
  const actions = body.data.flatMap((one: { actions: { use: string; input: object }[] }) => one.actions);
  expect(actions).toContainEqual(
    expect.objectContaining({ use: "webhook.post", input: expect.any(Object), output: expect.any(Object) }),
  );
});

test("the first page says where to go", async () => {
  expect((await get("/")).body).toMatchObject({ name: "Millrace", docs: "/docs", openapi: "/openapi.json" });
});

test("every error code has a heading with its status in the documentation, and every heading is a code", async () => {
  const text = readFileSync(join(__dirname, "../../docs/errors.md"), "utf8");
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((one) => [one.split("\n", 1)[0] ?? "", one] as const),
  );
  expect([...sections.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual(
    Object.keys(catalogue).toSorted((a, b) => a.localeCompare(b)),
  );
  const page = await get("/docs/errors");
  for (const [code, { status }] of Object.entries(catalogue)) {
    expect([code, sections.get(code)?.split("\n\n")[1]]).toEqual([
      code,
      expect.stringMatching(new RegExp(`^${status}\\. `)),
    ]);
    expect(page.text).toContain(`id="${code}"`);
  }
});
