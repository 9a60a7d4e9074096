// The log: one JSON line an occurrence, on standard output. Fields are chosen by the caller; bodies and secrets never are.
import { pino, type Logger } from "pino";

export type Log = Logger;

/** A logger at a level; errors are written as type, code and message, without the objects that hang on them. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: serializeError },
  });
}

/** What the log keeps of an error: drivers and HTTP clients hang requests, and so secrets, on theirs. */
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code !== "object" ? { code: error.code } : {};
  const cause = error.cause instanceof Error ? { cause: serializeError(error.cause) } : {};
  return { type: error.name, message: error.message, stack: error.stack, ...code, ...cause };
}
