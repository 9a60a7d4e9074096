// An attempt: one try of a step or of a delivery, written once when it ends.
import { failureClasses, type FailureClass } from "./failure.ts";
import type { JsonSchema } from "./json.ts";

/** Milliseconds from the attempt's start to the end of each phase's work; absent phases did not happen. */
export type Phases = { dns?: number; connect?: number; tls?: number; firstByte?: number; total: number };

export type Attempt = {
  number: number;
  trigger: "first" | "automatic" | "manual" | "recovery" | "test";
  startedAt: Date;
  durationMs: number;
  phases: Phases;
  outcome: "succeeded" | "failed";
  class?: FailureClass;
  message?: string;
  /** As sent, with secrets replaced. Absent when nothing could be rendered. */
  request?: { method: string; url: string; headers: Record<string, string>; body: string };
  response?: { status: number; headers: Record<string, string>; body: string; truncated: boolean };
  nextAttemptAt?: Date;
};

/** An attempt as the API shows it: times are RFC 3339 texts. */
export type AttemptView = Omit<Attempt, "startedAt" | "nextAttemptAt"> & { startedAt: string; nextAttemptAt?: string };

const ms: JsonSchema = { type: "number", minimum: 0 };
const headers: JsonSchema = { type: "object", additionalProperties: { type: "string" } };

export const attemptSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["number", "trigger", "startedAt", "durationMs", "phases", "outcome"],
  properties: {
    number: { type: "integer", minimum: 1 },
    trigger: { type: "string", enum: ["first", "automatic", "manual", "recovery", "test"] },
    startedAt: { type: "string", format: "date-time" },
    durationMs: ms,
    phases: {
      type: "object",
      description: "Milliseconds of each phase; absent phases did not happen.",
      additionalProperties: false,
      required: ["total"],
      properties: { dns: ms, connect: ms, tls: ms, firstByte: ms, total: ms },
    },
    outcome: { type: "string", enum: ["succeeded", "failed"] },
    class: { type: "string", enum: Object.keys(failureClasses) },
    message: { type: "string" },
    request: {
      type: "object",
      description: "As sent, with secrets replaced.",
      additionalProperties: false,
      required: ["method", "url", "headers", "body"],
      properties: { method: { type: "string" }, url: { type: "string" }, headers, body: { type: "string" } },
    },
    response: {
      type: "object",
      additionalProperties: false,
      required: ["status", "headers", "body", "truncated"],
      properties: {
        status: { type: "integer" },
        headers,
        body: { type: "string" },
        truncated: { type: "boolean", description: "The body was longer than what is kept." },
      },
    },
    nextAttemptAt: { type: "string", format: "date-time" },
  },
};

export const attemptExamples: AttemptView[] = [
  {
    number: 1,
    trigger: "first",
    startedAt: "2026-03-01T12:00:00.000Z",
    durationMs: 42,
    phases: { dns: 1, connect: 4, tls: 12, firstByte: 40, total: 42 },
    outcome: "failed",
    class: "transient",
    message: "The receiver answered 503.",
    request: { method: "POST", url: "https://hooks.example.com/in", headers: { "webhook-id": "evt_1" }, body: "{}" },
    response: { status: 503, headers: { "retry-after": "30" }, body: "busy", truncated: false },
    nextAttemptAt: "2026-03-01T12:00:30.000Z",
  },
];
