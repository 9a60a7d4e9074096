// What does a person read in Temporal's UI about a run? One line for each activity, in the author's words, never an event's.
import type { EventId, RunId } from "../model/ids.ts";
import type { Plan, PlanAction } from "../model/plan.ts";
import type { RunEnd } from "../model/run.ts";

/**
 * Longest summary, in bytes of its JSON text. Temporal's API limits the data of a summary's payload to 400 bytes; sealed it
 * is about 60 larger, and a page reads better with less.
 */
export const summaryBytesMax = 200;

/** Summaries of the activities that belong to no single step. */
export const summaries = {
  values: "Values with templates",
  condition: "A condition with a regular expression",
  eventParts: "The parts of the event that conditions read",
} as const;

/** A step that acts: `Open a case · salesforce.createRecord · up to 5 attempts`. */
export function stepSummary({ name, id, use, retry }: Pick<PlanAction, "name" | "id" | "use" | "retry">): string {
  const attempts = retry.delaysMs.length + 1;
  const policy = attempts === 1 ? "1 attempt" : `up to ${attempts} attempts`;
  return line([name ?? id, use, policy]);
}

/** The flow and its version: `Escalate bad reviews · version 3`. */
export function runSummary({ name, version }: Plan["flow"]): string {
  return line([name, `version ${version}`]);
}

/** Which run this is, in Markdown: Temporal's UI shows the ids as code. */
export function runDetails(flow: Plan["flow"], event: { id: EventId; type: string }, runId: RunId): string {
  return `Run ${code(runId)} of ${code(flow.slug)}, for the event ${code(event.id)} of type ${code(event.type)}.`;
}

/** Where a run stands while a step is being done, in Markdown. */
export function stepDetails(step: Pick<PlanAction, "name" | "id" | "use" | "retry" | "path">): string {
  return `**At the step** ${code(step.path)}: ${stepSummary(step)}`;
}

/**
 * How a run ended: `End of the run: failed at route.send (timeout)`. Without the failure's message, which may quote what
 * an event or an answer held.
 */
export function endSummary({ status, failedStep, error }: Pick<RunEnd, "status" | "failedStep" | "error">): string {
  const place = failedStep === undefined ? "" : ` at ${failedStep}`;
  return line([`End of the run: ${status}${place}${error === undefined ? "" : ` (${error.class})`}`]);
}

/** One line of the parts. When there is no room for all, the first is cut: the others are short and say the rest. */
function line([first = "", ...rest]: string[]): string {
  const end = rest.map((part) => ` · ${plain(part)}`).join("");
  return cut(cut(plain(first), Math.max(20, summaryBytesMax - bytesOf(end))) + end, summaryBytesMax);
}

function code(text: string): string {
  return `\`${plain(text)}\``;
}

/**
 * A text without what Temporal's UI takes for a picture, a link, markup or code: a flow's name or an event's id must not
 * make the page of whoever looks load anything.
 */
function plain(text: string): string {
  const brackets: { [character: string]: string } = { "[": "(", "]": ")", "<": "‹", ">": "›", "`": "'" };
  const shown = text.replaceAll(/[[\]<>`]/g, (character) => brackets[character] ?? "");
  return shown.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

/** The text, or as much of its beginning as fits with an ellipsis; a character is never split. */
function cut(text: string, bytesMax: number): string {
  if (bytesOf(text) <= bytesMax) return text;
  let kept = "";
  let bytes = bytesOf("…");
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > bytesMax) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** Bytes in UTF-8 as JSON writes the text; the workflows' isolate has no Buffer. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes += character === '"' || character === "\\" ? 2 : 1;
    else bytes += point < 0x8_00 ? 2 : point < 0x1_00_00 ? 3 : 4;
  }
  return bytes;
}
