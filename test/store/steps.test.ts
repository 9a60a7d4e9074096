// Steps as recorded: what has happened is not taken back by what is written later.
import { newId, type RunId, type TenantId } from "../../src/model/ids.ts";
import type { Attempt } from "../../src/model/attempt.ts";
import type { Failure } from "../../src/model/failure.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { AttemptRecord } from "../../src/store/steps.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
let tenantId: TenantId;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("steps") });
  tenantId = await store.tenants.create("Acme");
});
afterAll(() => store.close());

const failure: Failure = { class: "timeout", code: "timeout", message: "No answer came in time." };
const named = { path: "tell", id: "tell", use: "webhook.post" };

function anAttempt(number: number, rest: Partial<Attempt> = {}): Attempt {
  const startedAt = new Date(1_000 * number);
  const phases = { total: 5 };
  return { number, trigger: "first", startedAt, durationMs: 5, phases, outcome: "succeeded", ...rest };
}

const succeeded = (runId: RunId, attempt: Attempt): AttemptRecord => ({
  tenantId,
  runId,
  ...named,
  status: "succeeded",
  output: { status: 200 },
  attempt,
});

const failed = (runId: RunId, number: number, status: "running" | "failed"): AttemptRecord => ({
  tenantId,
  runId,
  ...named,
  status,
  error: failure,
  attempt: anAttempt(number, { outcome: "failed", class: "timeout" }),
});

describe("a recorded success", () => {
  // An attempt that Temporal has given up ends after the one that was made in its place.
  test.each(["running", "failed"] as const)(
    "is not taken back by an earlier attempt that ends late: %s",
    async (as) => {
      const runId = newId("run");
      await store.steps.recordAttempt(succeeded(runId, anAttempt(2)), []);
      const before = await store.steps.find(tenantId, runId, "tell");
      for (const _again of [1, 2]) await store.steps.recordAttempt(failed(runId, 1, as), []);
      const after = await store.steps.find(tenantId, runId, "tell");
      expect(after).toEqual({ ...before, attempts: expect.anything() });
      expect(after?.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
        [2, "succeeded"],
        [1, "failed"],
      ]);
    },
  );

  // Temporal told the run of its cancel before it had the attempt's result.
  test.each(["cancelled", "failed"] as const)("is not taken back by the end of its run: %s", async (status) => {
    const runId = newId("run");
    await store.steps.recordAttempt(succeeded(runId, anAttempt(1)), []);
    const before = await store.steps.find(tenantId, runId, "tell");
    await store.steps.recordSettled(tenantId, runId, [{ ...named, status, error: failure, atMs: 9_000 }]);
    expect(await store.steps.find(tenantId, runId, "tell")).toEqual(before);
  });

  test("is not taken back by the intent of an attempt that was given up", async () => {
    const runId = newId("run");
    await store.steps.recordAttempt(succeeded(runId, anAttempt(2)), []);
    const before = await store.steps.find(tenantId, runId, "tell");
    const at = new Date(9_000);
    await store.steps.noteSending({ tenantId, runId, ...named }, { attempt: 1, since: at, at });
    expect(await store.steps.find(tenantId, runId, "tell")).toEqual(before);
  });

  test("comes after failures, and after a cancel that was written before it", async () => {
    const runId = newId("run");
    await store.steps.recordAttempt(failed(runId, 1, "running"), []);
    await store.steps.recordSettled(tenantId, runId, [{ ...named, status: "cancelled", atMs: 9_000 }]);
    await store.steps.recordAttempt(succeeded(runId, anAttempt(2)), []);
    const step = await store.steps.find(tenantId, runId, "tell");
    expect(step).toMatchObject({ status: "succeeded", output: { status: 200 }, attempts: [{}, {}] });
    expect(step).not.toHaveProperty("error");
  });
});

test("an attempt is recorded whatever headers a receiver answers with", async () => {
  const runId = newId("run");
  const headers = { $ref: "1", $set: "2", "a.b": "3", "": "4" };
  const response = { status: 200, headers, body: "", truncated: false };
  await store.steps.recordAttempt(succeeded(runId, anAttempt(1, { response })), []);
  expect((await store.steps.find(tenantId, runId, "tell"))?.attempts[0]?.response).toEqual(response);
});
