// Steps that a run keeps: copied once, and read in pages that travel.
import { newId, type RunId, type TenantId } from "../../src/model/ids.ts";
import type { KeptFrom, KeptStep, SettledStep } from "../../src/model/step.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let tenantId: TenantId;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("kept") });
  tenantId = await store.tenants.create("Acme");
});
afterAll(() => store.close());

const aStep = (path: string, rest: Partial<SettledStep> = {}): SettledStep => ({
  path,
  id: path,
  status: "succeeded",
  atMs: 1_000,
  ...rest,
});

async function keep(steps: SettledStep[]): Promise<{ from: RunId; to: RunId }> {
  const [from, to] = [newId("run"), newId("run")];
  await store.steps.recordSettled(tenantId, from, steps);
  const kept = new Map(steps.map(({ path }): [string, KeptFrom] => [path, { run: from, status: "succeeded" }]));
  await store.steps.keep(tenantId, from, to, kept);
  return { from, to };
}

async function allPages(run: RunId, of = tenantId): Promise<KeptStep[][]> {
  const pages: KeptStep[][] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const page: { steps: KeptStep[]; next?: string } = await store.steps.keptPage(of, run, after);
    pages.push(page.steps);
    after = page.next;
  }
  return pages;
}

test("pages hold every kept step once, and none is larger than what Temporal takes", async () => {
  const steps = Array.from({ length: 40 }, (_, n) => aStep(`s${n}`, { output: { text: "x".repeat(60_000), n } }));
  const { to } = await keep(steps);
  const pages = await allPages(to);
  expect(pages.length).toBeGreaterThan(3);
  for (const page of pages) expect(JSON.stringify(page).length).toBeLessThan(1_000_000);
  const read = pages.flat();
  expect(read.map(({ path }) => path).toSorted()).toEqual(steps.map(({ path }) => path).toSorted());
  expect(read.find(({ path }) => path === "s7")).toEqual({ path: "s7", status: "succeeded", output: steps[7]!.output });
});

test("a kept step is shown with what it made and where that happened; keeping it again changes nothing", async () => {
  const { from, to } = await keep([aStep("a", { output: { n: 1 } }), aStep("b")]);
  await store.steps.keep(tenantId, from, to, new Map([["a", { run: newId("run"), status: "failed" }]]));
  const [a] = await store.steps.list(tenantId, to);
  expect(a).toMatchObject({
    path: "a",
    status: "kept",
    output: { n: 1 },
    keptFrom: { run: from, status: "succeeded" },
  });
  expect(a?.attempts).toEqual([]);
});

test("nothing of another tenant's is kept or read", async () => {
  const other = await store.tenants.create("Other");
  const { from, to } = await keep([aStep("a")]);
  expect(await allPages(to, other)).toEqual([[]]);
  const stolen = newId("run");
  await store.steps.keep(other, from, stolen, new Map([["a", { run: from, status: "succeeded" }]]));
  expect(await store.steps.list(other, stolen)).toEqual([]);
  expect(await store.steps.outline(other, from)).toEqual([]);
  expect(await store.steps.succeeded(other, [{ runId: from, path: "a" }])).toEqual([]);
  expect(await store.steps.succeeded(tenantId, [{ runId: from, path: "a" }])).toEqual(["a"]);
});
