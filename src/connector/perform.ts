// What is the executor asked, and what does it answer?
import type { Attempt, Phases } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { ActionCall, Effect } from "./contract.ts";

export type PerformInput = {
  /** `webhook.post` */
  use: string;
  /** Rendered: holds no template any more. */
  input: Json;
  tenantId: TenantId;
  /** Slug or id, as the step names it. */
  connection?: string;
  call: Omit<ActionCall, "secrets" | "connection" | "blobs">;
  /** What the tenant signs its webhooks with, newest first, for steps that name no connection of their own. */
  tenantSecrets: string[];
  /** For all requests of the attempt together, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** The slot that an earlier try of this step reserved, by the database's clock. */
  slotAtMs?: number;
  /** Called once, with the input as it is recorded, before anything of an unsafe write leaves; awaited. */
  beforeSending?: (input: Json) => Promise<void>;
};

export type Outcome = { ok: true; output: Json } | { ok: false; failure: Failure; retryAfterMs?: number };

/** One attempt as it went, ready to be recorded: secrets are replaced everywhere. */
export type Performed = {
  outcome: Outcome;
  /** Absent when no such action is known. */
  input?: Json;
  startedAt: Date;
  durationMs: number;
  phases: Phases;
  /** The last one that was sent. Absent when nothing could be built. */
  request?: NonNullable<Attempt["request"]>;
  /** Absent when no answer came. */
  response?: NonNullable<Attempt["response"]>;
};

/** Nothing was sent, and nothing is wrong with the step: it comes back after the delay, and no attempt is used up. */
export type Waiting = {
  waiting: { why: "throttled" | "connection"; failure: Failure; delayMs: number; slotAtMs?: number };
  input?: Json;
};

/** What a look-up found. `attempt` is how it went, ready to be recorded. */
export type Looked = { attempt?: Omit<Performed, "outcome"> } & (
  | { outcome: "happened"; output: Json }
  | { outcome: "did_not_happen" }
  /** `again`: the look-up itself may be repeated. */
  | { outcome: "unknown"; failure: Failure; again?: true; retryAfterMs?: number }
  /** This action, or this input, leaves nothing to look for. */
  | { outcome: "none" }
);

export type Executor = {
  /** Carries out one attempt. Never rejects for the network; throws StoreAway when our own storage does not answer. */
  perform: (input: PerformInput) => Promise<Performed | Waiting>;
  /** Looks whether the unsafe write of this delivery id has happened. Throws StoreAway. */
  reconcile: (input: PerformInput) => Promise<Looked | Waiting>;
  /** What is known of an action before it is carried out; undefined for one that nobody knows. */
  factsOf: (use: string) => ActionFacts | undefined;
};

/** `system` and `title` are how people know the connector and the action. */
export type ActionFacts = { effect: Effect; canReconcile: boolean; system: string; title: string };
