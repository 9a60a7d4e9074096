// A recovery of deliveries: many that are made again at a pace, or for the first time, each by its own id.
import { deliveryFailureClasses, deliveryStatuses, type DeliveryStatus } from "./delivery.ts";
import type { ErrorCode } from "./errors.ts";
import { eventTypeSchema } from "./event.ts";
import type { FailureClass } from "./failure.ts";
import type { DeliveryId, EndpointId, RecoveryId, TenantId } from "./ids.ts";
import type { JsonObject, JsonSchema } from "./json.ts";

/**
 * `retry`: deliveries that match a filter. `recover`: those of one endpoint that did not arrive since a time. `replay`: what
 * one endpoint would have got and has not, since it was disabled or did not exist.
 */
export const recoveryKinds = ["retry", "recover", "replay"] as const;
export type RecoveryKind = (typeof recoveryKinds)[number];

/** Which deliveries; of a replay, which events. `since` and `until` are about when events came. */
export type RecoveryFilter = {
  endpoint?: EndpointId;
  eventType?: string;
  /** Absent in replays. */
  statuses?: DeliveryStatus[];
  class?: FailureClass;
  since?: Date;
  until?: Date;
};

/**
 * As stored. Everything up to `position` has had its turn; `page` is what has it now: those that were asked for of it are
 * marked in their own rows, so that a page which a crash cut off is gone through once.
 */
export type DeliveryRecovery = {
  id: RecoveryId;
  tenantId: TenantId;
  kind: RecoveryKind;
  status: "running" | "succeeded" | "failed" | "cancelled";
  filter: RecoveryFilter;
  /** How many deliveries are asked for a second at most. */
  perSecond: number;
  createdAt: Date;
  /** How many deliveries matched at the creation, or of a replay how many events there were; with `capped`, at least. */
  total: number;
  capped: boolean;
  /** Deliveries, or of a replay events, that have had their turn. */
  done: number;
  /** Id of a delivery, or of a replay key of an event. */
  position?: string;
  page?: RecoveryPage;
  retried: number;
  refused: number;
  startedAt?: Date;
  stopRequestedAt?: Date;
  endedAt?: Date;
  /** Why it is `failed`: it was ended from outside before everything had its turn. */
  error?: { code: string; message: string };
};

/**
 * `seen`: how many deliveries, or events of a replay, it goes through. `undecided`: of a replay, those that were refused
 * before there was a delivery. `position`: where the next page begins. `isLast`: there is none.
 */
export type RecoveryPage = {
  ids: DeliveryId[];
  seen: number;
  undecided: number;
  position?: string;
  isLast: boolean;
};

/** Why a delivery was not made again. */
export type DeliveryRefusal = { delivery: DeliveryId; code: ErrorCode; message: string };

/** Deliveries a second, unless somebody says otherwise, and at most. */
export const recoveryPerSecond = { default: 20, max: 200 };
/** How far back an endpoint can be recovered and replayed to, in milliseconds. */
export const recoverySinceMsMax = 30 * 86_400_000;
/** What a retry by filter is about when it does not say. */
export const givenUp: DeliveryStatus[] = ["failed", "rejected"];
/** What did not arrive. */
export const notArrived: DeliveryStatus[] = ["failed", "rejected", "cancelled"];

const time: JsonSchema = { type: "string", format: "date-time" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const endpoint: JsonSchema = {
  type: "string",
  pattern: "^ep_[0-9A-Za-z]{22}$",
  description: "Id of an endpoint.",
};
const since: JsonSchema = { ...time, description: "Only what came at this time or later." };
const until: JsonSchema = { ...time, description: "Only what came before this time." };
const perSecond: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: recoveryPerSecond.max,
  default: recoveryPerSecond.default,
  description: "How many deliveries are asked for a second at most.",
};
const dryRun: JsonSchema = { type: "boolean", description: "Only counts the deliveries: nothing is made." };

/** The body of `POST /v1/deliveries/retry`. */
export const retryManySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["filter"],
  properties: {
    filter: {
      type: "object",
      description: "Which deliveries. An empty one stands for every one that was given up.",
      additionalProperties: false,
      properties: {
        endpoint,
        eventType: eventTypeSchema,
        status: { type: "string", enum: deliveryStatuses, description: "When absent: `failed` and `rejected`." },
        class: { type: "string", enum: deliveryFailureClasses, description: "Why the last attempt failed." },
        since,
        until,
      },
    },
    perSecond,
    dryRun,
  },
};

/** The body of `POST /v1/endpoints/{id}/recover`. */
export const recoverSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["since"],
  properties: {
    since: { ...since, description: "Everything that did not arrive since this time, 30 days ago at most." },
    until,
    perSecond,
    dryRun,
  },
};

/** The body of `POST /v1/endpoints/{id}/replay-missed`. */
export const replayMissedSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["since"],
  properties: {
    since: { ...since, description: "Events that came at this time or later, 30 days ago at most." },
    until,
    eventType: eventTypeSchema,
    perSecond,
  },
};

export const deliveryRefusalSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["delivery", "code", "message"],
  properties: {
    delivery: { type: "string", description: "The delivery that was not made." },
    code: { type: "string", description: "A code of the error catalogue." },
    message: { type: "string", description: "Why." },
  },
};

/** A recovery as the API shows it: `GET /v1/delivery-recoveries/{id}`. In lists without what is looked up for each. */
export const recoverySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "kind", "status", "filter", "perSecond", "progress", "retried", "refused", "createdAt"],
  properties: {
    id: { type: "string", pattern: "^drec_[0-9A-Za-z]{22}$" },
    kind: { type: "string", enum: recoveryKinds },
    status: {
      type: "string",
      enum: ["running", "succeeded", "failed", "cancelled"],
      description: "`succeeded`: everything has had its turn. How the deliveries end stands in `outcomes`.",
    },
    filter: {
      type: "object",
      additionalProperties: false,
      properties: {
        endpoint: { type: "string" },
        eventType: { type: "string" },
        statuses: { type: "array", items: { type: "string", enum: deliveryStatuses } },
        class: { type: "string" },
        since: time,
        until: time,
      },
    },
    perSecond: { type: "integer" },
    progress: {
      type: "object",
      description: "In deliveries; of a replay, in events that were looked at.",
      additionalProperties: false,
      required: ["done", "total"],
      properties: {
        done: count,
        total: count,
        capped: { type: "boolean", description: "There were more than could be counted: `total` is the least." },
      },
    },
    retried: { ...count, description: "Deliveries that were asked for." },
    refused: { ...count, description: "Deliveries that were not; `errors` says why." },
    errors: {
      type: "array",
      items: deliveryRefusalSchema,
      description: "The first hundred; `…/errors` has all of them.",
    },
    outcomes: {
      type: "object",
      description: "How the deliveries stand that were asked for.",
      additionalProperties: false,
      required: [...deliveryStatuses],
      properties: Object.fromEntries(deliveryStatuses.map((status) => [status, count])),
    },
    createdAt: time,
    stopRequestedAt: time,
    endedAt: time,
    error: {
      type: "object",
      description: "Why it failed as a whole.",
      additionalProperties: false,
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  },
};

export const recoveryExamples: JsonObject[] = [
  {
    id: "drec_01TrqCYz3Zr8L2aQm5Nd0x",
    kind: "recover",
    status: "succeeded",
    filter: {
      endpoint: "ep_01TrqCYz3Zr8L2aQm5Nd0x",
      statuses: ["failed", "rejected", "cancelled"],
      since: "2026-03-01T00:00:00.000Z",
    },
    perSecond: 20,
    progress: { done: 120, total: 120 },
    retried: 119,
    refused: 1,
    errors: [
      {
        delivery: "dlv_01TrqCYz3Zr8L2aQm5Nd0x",
        code: "delivery.not_retriable",
        message: "Its event is no longer stored, so that there is nothing to send.",
      },
    ],
    outcomes: { pending: 0, delivered: 119, failed: 0, rejected: 0, skipped: 0, cancelled: 0 },
    createdAt: "2026-03-01T12:00:00.000Z",
    endedAt: "2026-03-01T12:00:06.000Z",
  },
];
