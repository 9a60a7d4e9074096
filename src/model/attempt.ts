// An attempt: one try of a step or of a delivery, written once when it ends.
import type { FailureClass } from "./failure.ts";

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
