// How is a run made that repeats another one? First the steps that it keeps, then its row, which is the promise that it starts.
import type { Json, JsonSchema } from "../model/json.ts";
import { newId, type RunId, type TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import { isEnded, type Run } from "../model/run.ts";
import type { StepRecord } from "../model/step.ts";
import type { AskedAgain as AskedAgainRow } from "../store/runs-again.ts";
import type { Store } from "../store/store.ts";
import { placesOf } from "./places.ts";
import { keyRunOf, planRetry } from "./plan-retry.ts";

export type RecoveryStore = Pick<Store, "events" | "flows" | "runs" | "steps">;

export type RecoveryDeps = {
  store: RecoveryStore;
  /** The known actions by name. */
  actions: ReadonlyMap<string, { input: JsonSchema }>;
  nowMs(): number;
  /** Tells whoever starts runs in this process that there is one. Without it the run starts within a second or two. */
  wake?: () => void;
};

/** What a new run is asked for with. */
export type Asked = {
  origin: "retry" | "replay";
  plan: Plan;
  /** `failed`, `start`, or a step's path. */
  from: string;
  /** The event's data: as the earlier run saw it, as it was published, or other data, as JSON text. */
  data: "kept" | "published" | { text: string };
  inputs: { readonly [path: string]: Json };
  requestId?: string | undefined;
  /** What the request asked for, where that is more than this earlier run. */
  askedFor?: string;
};

/** `found`: the same request made the run before. `open`: the run, or one that repeats it, has not ended. */
export type AskedAgain = { outcome: "made" | "found" | "open"; run: Run } | { outcome: "refused"; findings: Finding[] };

/** How often a row is tried whose way is blocked by one that is gone at the next look. */
const triesMax = 3;

/** Makes a run that repeats an earlier one. Rejects when the store does not answer: then it may or may not be made. */
export async function askAgain(deps: RecoveryDeps, earlier: Run, asked: Asked): Promise<AskedAgain> {
  const { store } = deps;
  const { tenantId } = earlier;
  const family = earlier.rootRun ?? earlier.id;
  const about = { of: earlier.id, family, requestId: asked.requestId, askedFor: asked.askedFor };
  const stands = await store.runs.findAgain(tenantId, about);
  if (stands.outcome === "found") return stands;
  if (!isEnded(earlier.status)) return { outcome: "open", run: earlier };
  if (stands.outcome === "open") return stands;

  const id = newId("run", deps.nowMs());
  const [records, earlierPlan] = await Promise.all([
    store.steps.outline(tenantId, earlier.id),
    store.flows.plan(tenantId, earlier.flow.id, earlier.version),
  ]);
  const eventEdited = asked.data === "published" ? earlier.recovery?.editedIn !== undefined : asked.data !== "kept";
  const planned = planRetry({
    runId: id,
    earlier,
    records,
    earlierPlan,
    plan: asked.plan,
    from: asked.from,
    eventEdited,
    inputs: asked.inputs,
    happenedElsewhere: await happenedElsewhere(store, earlier, asked.plan, records),
    actions: deps.actions,
  });
  if (!planned.ok) return { outcome: "refused", findings: planned.findings };
  const { kept, keyRun, keys } = planned;
  const run = repeat(earlier, asked, { id, nowMs: deps.nowMs(), keyRun, keys, keeps: kept.size > 0 });
  // A crash after this line leaves copies that no run owns; the other way round it would leave a run without its steps.
  await store.steps.keep(tenantId, earlier.id, id, kept);
  const dataText = typeof asked.data === "object" ? asked.data.text : undefined;
  return insert(deps, run, { ...about, dataText });
}

/** Makes the row of a new run. */
export async function insert(
  { store, wake }: RecoveryDeps,
  run: Run,
  about: AskedAgainRow,
): Promise<Exclude<AskedAgain, { outcome: "refused" }>> {
  for (let tries = 1; tries <= triesMax; tries++) {
    const inserted = await store.runs.insertAgain(run, about);
    if (inserted.outcome === "made") {
      wake?.();
      return { outcome: "made", run };
    }
    if (inserted.outcome !== "unknown") return inserted;
  }
  throw new Error(`The row of ${run.id} could not be made: its keys are taken, by nobody who could be found.`);
}

type Repeated = { id: RunId; nowMs: number; keyRun: RunId; keys: { [path: string]: RunId }; keeps: boolean };

function repeat(earlier: Run, { origin, plan, from, data, inputs }: Asked, about: Repeated): Run {
  const { id, slug, name } = plan.flow;
  const editedIn = data === "kept" ? earlier.recovery?.editedIn : data === "published" ? undefined : about.id;
  return {
    id: about.id,
    tenantId: earlier.tenantId,
    flow: { id, slug, name },
    version: plan.flow.version,
    status: "pending",
    event: earlier.event,
    createdAt: new Date(about.nowMs),
    origin,
    retryOf: earlier.id,
    rootRun: earlier.rootRun ?? earlier.id,
    recovery: {
      from,
      keyRun: about.keyRun,
      keys: about.keys,
      inputs,
      keeps: about.keeps,
      ...(editedIn === undefined ? {} : { editedIn }),
    },
  };
}

/**
 * Steps that have not succeeded in the earlier run but in another of its family, under the same key: whoever asks for them
 * once more would be told of a duplicate by a receiver that finds them.
 */
async function happenedElsewhere(
  store: RecoveryStore,
  earlier: Run,
  plan: Plan,
  records: readonly StepRecord[],
): Promise<ReadonlySet<string>> {
  const family = await store.runs.family(earlier.tenantId, earlier.rootRun ?? earlier.id);
  const done = new Set(records.filter(({ status }) => status === "succeeded").map(({ path }) => path));
  const open = [...placesOf(plan).values()]
    .map(({ step }) => step)
    .filter(({ kind, path }) => kind === "action" && !done.has(path));
  const asked = family
    .filter(({ id }) => id !== earlier.id)
    .flatMap((other) =>
      open
        .filter(({ path }) => keyRunOf(other, path) === keyRunOf(earlier, path))
        .map(({ path }) => ({ runId: other.id, path })),
    );
  return new Set(await store.steps.succeeded(earlier.tenantId, asked));
}

/** The plan that a run is asked for again with: that of its version, or of the newest published one. */
export async function planOf(
  store: RecoveryStore,
  tenantId: TenantId,
  run: Pick<Run, "flow" | "version">,
  version: "same" | "newest",
): Promise<Plan | undefined> {
  if (version === "same") return store.flows.plan(tenantId, run.flow.id, run.version);
  const flow = await store.flows.find(tenantId, run.flow.id);
  return flow?.publishedVersion == null ? undefined : store.flows.plan(tenantId, run.flow.id, flow.publishedVersion);
}
