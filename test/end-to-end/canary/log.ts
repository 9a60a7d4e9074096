// What does the product log? All of it, from the lowest level up, kept in memory.
import { pino } from "pino";
import { createLog, type Log } from "../../../src/log.ts";

/** The product's own log, whose lines go into a list instead of the standard output. */
export function createListedLog(): { log: Log; lines: string[] } {
  const log = createLog("trace");
  const lines: string[] = [];
  // Under this symbol pino keeps where it writes; children of the log share it.
  Object.defineProperty(log, pino.symbols.streamSym, { value: { write: (line: string) => void lines.push(line) } });
  return { log, lines };
}
