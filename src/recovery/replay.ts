// How is an event played again? To the flows that it started then, or to those that are published now.
import { matchFlows, type MatchIndex } from "../flow/match.ts";
import { AppError } from "../model/errors.ts";
import { newId, type EventId, type FlowId, type RunId, type TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Run } from "../model/run.ts";
import { eventOf, type StoredEvent } from "../store/events.ts";
import { askAgain, insert, type RecoveryDeps } from "./ask-again.ts";
import { notRetriable } from "./retry.ts";

export type ReplayRequest = {
  /** `then` unless said otherwise: each flow that the event started, under the version of then. */
  flows?: "then" | "now";
  /** Id or slug: only this flow. */
  flow?: string;
  requestId?: string;
};

/** A flow that was left out, the run that stands in the way if one does, and a sentence that says why. */
export type Skipped = { flow: { id: FlowId; slug: string }; run?: RunId; reason: string };
export type Replayed = { runs: Run[]; skipped: Skipped[] };

export type ReplayDeps = RecoveryDeps & {
  /** The tenant's enabled flows as they are published now. */
  flowsOf(tenantId: TenantId): Promise<MatchIndex>;
};

export type Replay = ReturnType<typeof createReplay>;

/** A flow that the event is played to again: with its plan, or with the sentence why it cannot be. */
type Chosen = { flow: { id: FlowId; slug: string } } & ({ plan: Plan } | { reason: string });

/** Replays over their dependencies. */
export function createReplay(deps: ReplayDeps) {
  const { store } = deps;

  /** Repeats the flow's newest run for the event from its start, or makes the first one. */
  async function play(event: StoredEvent, plan: Plan, requestId: string | undefined): Promise<Run | Skipped> {
    const { tenantId } = event;
    const { id, slug } = plan.flow;
    // The newest run may be the one that this request has made, before its answer was lost.
    const askedFor = `${id}/${event.id}`;
    const newest = await store.runs.newestOf(tenantId, plan.flow.id, event.id);
    const first = event.targets.find(({ flow, state }) => flow.id === id && state === "pending");
    // Its row is made when it starts: it must not become a second one.
    if (!newest && first) return { flow: { id, slug }, run: first.runId, reason: "Its run has not started yet." };
    const played = newest
      ? await askAgain(deps, newest, {
          origin: "replay",
          plan,
          from: "start",
          data: "published",
          inputs: {},
          requestId,
          askedFor,
        })
      : await insert(deps, firstRun(event, plan, deps.nowMs()), { of: askedFor, requestId });
    if (played.outcome === "made" || played.outcome === "found") return played.run;
    if (played.outcome === "refused") {
      return { flow: { id, slug }, reason: played.findings.map(({ message }) => message).join(" ") };
    }
    const { run } = played;
    return { flow: { id, slug }, run: run.id, reason: `Its run ${run.id} has not ended: it is ${run.status}.` };
  }

  return {
    /**
     * Plays an event again: one run for each chosen flow that has no open one. Throws AppError: `resource.not_found`,
     * `run.not_retriable` and `state.conflict` when the one flow that was named cannot be chosen or is open, and
     * `service.storage_unavailable` when it is not known what was made: then ask again with the same `requestId`.
     */
    async replayEvent(tenantId: TenantId, eventId: EventId, request: ReplayRequest = {}): Promise<Replayed> {
      const event = await store.events.find(tenantId, eventId);
      if (!event) throw new AppError("resource.not_found", { detail: "There is no event with this id." });
      const all = request.flows === "now" ? await chosenNow(deps, event) : await chosenThen(deps, event);
      const { flow: named, requestId } = request;
      const chosen = named === undefined ? all : all.filter(({ flow }) => flow.id === named || flow.slug === named);
      if (named !== undefined && chosen.length === 0) throw unknownFlow(named, all, request.flows ?? "then");
      const replayed: Replayed = { runs: [], skipped: [] };
      // One after the other: an event has a handful of flows, and a replay is nobody's hot path.
      for (const one of chosen) {
        const played = "plan" in one ? await play(event, one.plan, requestId) : one;
        if ("status" in played) replayed.runs.push(played);
        else replayed.skipped.push(played);
      }
      const [only] = replayed.skipped;
      if (named !== undefined && only) throw refusalOf(only);
      return replayed;
    },
  };
}

async function chosenThen({ store }: ReplayDeps, event: StoredEvent): Promise<Chosen[]> {
  return Promise.all(
    event.targets.map(async ({ flow: { id, slug }, version }): Promise<Chosen> => {
      const plan = await store.flows.plan(event.tenantId, id, version);
      return { flow: { id, slug }, ...(plan ? { plan } : { reason: `Its version ${version} is no longer stored.` }) };
    }),
  );
}

async function chosenNow(deps: ReplayDeps, event: StoredEvent): Promise<Chosen[]> {
  const index = await deps.flowsOf(event.tenantId);
  const options = { nowMs: deps.nowMs(), tenant: { id: event.tenantId } };
  const { matched, failed } = matchFlows(index, eventOf(event), options);
  return [
    ...matched.map((plan): Chosen => ({ flow: { id: plan.flow.id, slug: plan.flow.slug }, plan })),
    ...failed.map(({ plan: { flow }, failure }): Chosen => {
      return { flow: { id: flow.id, slug: flow.slug }, reason: `Its filter could not be decided. ${failure.message}` };
    }),
  ];
}

/** A flow's first run for an event that came before the flow did, or before it listened to such events. */
function firstRun(event: StoredEvent, plan: Plan, nowMs: number): Run {
  const id = newId("run", nowMs);
  const { id: flowId, slug, name, version } = plan.flow;
  return {
    id,
    tenantId: event.tenantId,
    flow: { id: flowId, slug, name },
    version,
    status: "pending",
    event: { id: event.id, type: event.type },
    createdAt: new Date(nowMs),
    origin: "replay",
    recovery: { from: "start", keyRun: id, keys: {}, inputs: {}, keeps: false },
  };
}

function unknownFlow(named: string, all: Chosen[], which: "then" | "now"): AppError {
  const known = all.map(({ flow }) => `\`${flow.slug}\``).join(", ");
  const others = known === "" ? "" : ` There ${all.length === 1 ? "is" : "are"}: ${known}.`;
  const message =
    which === "then"
      ? `The event started no run of the flow \`${named}\`.${others}`
      : `The flow \`${named}\` is not one that is enabled now and matches the event.${others}`;
  return notRetriable(message, [{ pointer: "/flow", code: "value", message }]);
}

function refusalOf({ run, reason }: Skipped): AppError {
  if (run !== undefined) return new AppError("state.conflict", { detail: reason });
  return notRetriable(reason, [{ pointer: "/flow", code: "value", message: reason }]);
}
