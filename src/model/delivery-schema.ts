// The JSON Schemas of deliveries, as the API shows them: rows of the log, and dead letters.
import { attemptExamples, attemptSchema, type AttemptView } from "./attempt.ts";
import { deliveryFailureClasses, deliveryStatuses, type DeliveryView } from "./delivery.ts";
import type { FailureClass } from "./failure.ts";
import type { JsonSchema } from "./json.ts";

/** An attempt of a delivery: what it sent and got may have ended or be cut, and its status stays. */
export type DeliveryAttemptView = Omit<AttemptView, "request"> & {
  /** The receiver's, where it answered; stays when the bodies have ended. */
  status?: number;
  request?: NonNullable<AttemptView["request"]> & { truncated?: true };
  /** The batch that it was sent in. */
  batch?: string;
};

/** A delivery with attempts in this form. */
export type DeliveryRowView = Omit<DeliveryView, "attempts"> & {
  class?: FailureClass;
  attempts: DeliveryAttemptView[];
};

/** A delivery that was given up, in short. */
export type DeadLetterView = Pick<DeliveryView, "id" | "endpoint" | "event" | "reason" | "createdAt" | "endedAt"> & {
  status: "failed" | "rejected";
  class?: FailureClass;
  /** What the last attempt failed with. */
  message?: string;
  lastStatus?: number;
  lastAttemptAt?: string;
  attempts: number;
};

const time: JsonSchema = { type: "string", format: "date-time" };
const deliveryId: JsonSchema = { type: "string", pattern: "^dlv_[0-9A-Za-z]{22,32}$" };
const endpointId: JsonSchema = { type: "string", pattern: "^ep_[0-9A-Za-z]{22}$" };
const failureClass: JsonSchema = {
  type: "string",
  enum: deliveryFailureClasses,
  description: "Why the last attempt failed.",
};
const event: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "type"],
  properties: { id: { type: "string" }, type: { type: "string" } },
};
const reason: JsonSchema = {
  type: "object",
  description: "Why it ended without another attempt.",
  additionalProperties: false,
  required: ["code", "message"],
  properties: { code: { type: "string" }, message: { type: "string" } },
};

// The schema of attempts is an object schema, and so has properties.
const attemptProperties = attemptSchema["properties"] as { [name: string]: JsonSchema };
const requestProperties = attemptProperties["request"]?.["properties"] as { [name: string]: JsonSchema };

const deliveryAttemptSchema: JsonSchema = {
  title: "DeliveryAttempt",
  ...attemptSchema,
  properties: {
    ...attemptProperties,
    status: { type: "integer", description: "What the receiver answered; stays when the bodies have ended." },
    request: {
      ...attemptProperties["request"],
      description: "As sent, with secrets replaced; absent when nothing was sent, or when its time is over.",
      properties: {
        ...requestProperties,
        truncated: { type: "boolean", description: "The body was longer than what lists show." },
      },
    },
    batch: { type: "string", description: "The batch that it was sent in." },
  },
};

/** A delivery with its attempts. In lists bodies have 4 KB at most. */
export const deliverySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "endpoint", "event", "status", "attempts", "createdAt"],
  properties: {
    id: deliveryId,
    endpoint: endpointId,
    event,
    status: {
      type: "string",
      enum: deliveryStatuses,
      description:
        "`pending`: it will be tried (again). `failed`: its policy is used up. `rejected`: the receiver refused it for good. `skipped`: the endpoint was disabled. `cancelled`: the endpoint was disabled or deleted in between, or somebody ended it.",
    },
    reason,
    class: failureClass,
    attempts: { type: "array", items: deliveryAttemptSchema },
    nextAttemptAt: time,
    waiting: {
      type: "string",
      enum: ["limit", "breaker", "paused", "order", "batch"],
      description: "What keeps it from its turn.",
    },
    createdAt: { ...time, description: "When its event came." },
    endedAt: time,
    test: { type: "boolean" },
  },
};

export const deadLetterSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "endpoint", "event", "status", "attempts", "createdAt"],
  properties: {
    id: deliveryId,
    endpoint: endpointId,
    event,
    status: { type: "string", enum: ["failed", "rejected"] },
    reason,
    class: failureClass,
    message: { type: "string", description: "What the last attempt failed with." },
    lastStatus: { type: "integer", description: "What the receiver answered last." },
    lastAttemptAt: time,
    attempts: { type: "integer", minimum: 0, description: "How many were made." },
    createdAt: { ...time, description: "When its event came." },
    endedAt: time,
  },
};

const example = {
  id: "dlv_01TrqCYz3Zr8L2aQm5Nd0x",
  endpoint: "ep_01TrqCYz3Zr8L2aQm5Nd0x",
  event: { id: "order-1", type: "order.created" },
  createdAt: "2026-03-01T12:00:00.000Z",
} as const;

export const deliveryExamples: DeliveryRowView[] = [
  {
    ...example,
    status: "pending",
    class: "transient",
    attempts: attemptExamples.map((attempt) => ({ ...attempt, status: 503 })),
    nextAttemptAt: "2026-03-01T12:00:30.000Z",
  },
  {
    ...example,
    status: "skipped",
    reason: { code: "inactive", message: "The endpoint is disabled." },
    attempts: [],
    endedAt: "2026-03-01T12:00:00.000Z",
  },
];

export const deadLetterExamples: DeadLetterView[] = [
  {
    ...example,
    status: "rejected",
    class: "not_found",
    message: "The receiver answered 404.",
    lastStatus: 404,
    lastAttemptAt: "2026-03-01T12:00:00.012Z",
    attempts: 1,
    endedAt: "2026-03-01T12:00:00.054Z",
  },
];
