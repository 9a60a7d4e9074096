// An attempt and all that follows from it: its record, the endpoint's status, its breaker, and who is told.
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { StatusReason } from "../model/endpoint.ts";
import type { Attempted, MakeAttempt } from "./attempt.ts";
import { decideNext, type NextStep } from "./decide.ts";
import type { Gates } from "./gates.ts";
import type { DeliveryObserver } from "./observer.ts";
import type { OpenEndpoint } from "./open-endpoint.ts";

export type CarryDeps = {
  attempt: MakeAttempt;
  gates: Pick<Gates, "leave" | "openForMs">;
  endpoints: {
    disable(tenantId: TenantId, id: EndpointId, reason: StatusReason): Promise<unknown>;
    noteOpen(tenantId: TenantId, id: EndpointId, until: Date): Promise<unknown>;
  };
  observer: DeliveryObserver;
  nowMs: () => number;
  random: () => number;
};

export type CarryJob = Parameters<MakeAttempt>[0] & {
  /** When the delivery's first attempt began; absent: this is the first. */
  firstAt?: Date | undefined;
  /** Which attempt of the policy it is, where that is not its number: those that a crash cut off do not count. */
  position?: number;
  isTest?: boolean;
};

export type Carried = Attempted & {
  next: NextStep;
  nextAttemptAt: Date | undefined;
  /** Until then, in milliseconds, 1 at least: by the monotonic clock, since the other one may be set meanwhile. */
  leftMs(): number;
};

/**
 * Makes an attempt for which the gate was entered, and leaves it. Answers what is to be recorded: the caller writes it, and
 * then calls `follow`.
 */
export async function carryAttempt(deps: CarryDeps, job: CarryJob): Promise<Carried> {
  let attempted: Attempted;
  try {
    attempted = await deps.attempt(job);
  } catch (error) {
    deps.gates.leave(job.endpoint);
    throw error;
  }
  const { attempt, judgement } = attempted;
  const { openedUntilMs } = deps.gates.leave(job.endpoint, {
    class: judgement.failure?.class,
    answered: attempt.status !== undefined,
  });
  if (openedUntilMs !== undefined) noteOpen(deps, job.endpoint, openedUntilMs);
  const monotonicMs = performance.now();
  const startedMs = attempt.startedAt.getTime();
  const endedMs = startedMs + attempt.durationMs;
  const next = decideNext({
    retry: job.endpoint.retry,
    number: job.position ?? attempt.number,
    judgement,
    elapsedMs: endedMs - (job.firstAt?.getTime() ?? startedMs),
    random: deps.random(),
  });
  const nextAttemptAt = next.status === "pending" ? new Date(endedMs + next.delayMs) : undefined;
  if (nextAttemptAt !== undefined) attempt.nextAttemptAt = nextAttemptAt;
  const eventType = job.events[0]?.event.type ?? "";
  const seen = { endpoint: job.endpoint, eventType, attempt, next, test: job.isTest === true };
  deps.observer.attempted({ ...seen, deliveries: job.events.length });
  const delayMs = next.status === "pending" ? next.delayMs : 0;
  const leftMs = () => Math.max(1, Math.ceil(delayMs - (performance.now() - monotonicMs)));
  return { ...attempted, next, nextAttemptAt, leftMs };
}

/** What an answer asks for beside its delivery: the endpoint that is gone, or wants nothing more, is disabled. */
export async function followAnswer(
  deps: Pick<CarryDeps, "endpoints" | "nowMs">,
  endpoint: OpenEndpoint,
  { judgement }: Pick<Attempted, "judgement">,
): Promise<void> {
  if (!judgement.disables) return;
  const status = judgement.failure?.status;
  const code = status === 410 ? "gone" : "receiver";
  const message =
    code === "gone" ? "The receiver answered 410: it is gone." : "The receiver asked for no more deliveries.";
  await deps.endpoints.disable(endpoint.tenantId, endpoint.id, { code, message, at: new Date(deps.nowMs()) });
}

/** Tells the other processes; when that fails each of them finds out for itself. */
function noteOpen(deps: CarryDeps, endpoint: OpenEndpoint, untilMs: number): void {
  deps.endpoints.noteOpen(endpoint.tenantId, endpoint.id, new Date(untilMs)).catch(() => {});
}
