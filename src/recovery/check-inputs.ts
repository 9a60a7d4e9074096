// May these steps be given these inputs, in place of what their templates would render?
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { didYouMean } from "../flow/suggest.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { redactedMark } from "../vault/redact.ts";
import type { Places } from "./places.ts";

type Circumstances = {
  places: Places;
  /** The steps that will not run again, by path. */
  kept: { has(path: string): boolean };
  actions: ReadonlyMap<string, { input: JsonSchema }>;
};

/** All inputs of a retry together, in characters of JSON: they travel with the workflow. */
const inputCharsMax = 256 * 1024;

/** Compiling a schema costs milliseconds, and the same few actions are used over and over. */
const checkBySchema = new WeakMap<JsonSchema, ReturnType<typeof createSchemaCheck>>();

/** What is wrong with the inputs, at `/inputs/<path>`: the step, its action's schema, or a mark in place of a secret. */
export function checkInputs(inputs: { readonly [path: string]: Json }, about: Circumstances): Finding[] {
  if (JSON.stringify(inputs).length > inputCharsMax) {
    const message = `The inputs are larger than ${inputCharsMax / 1024} KB in all.`;
    return [{ pointer: "/inputs", code: "range", message }];
  }
  return Object.entries(inputs).flatMap(([path, input]) => {
    const pointer = childPointer("/inputs", path);
    const step = about.places.get(path)?.step;
    if (step === undefined) return [unknownStep(path, pointer, about.places)];
    if (step.kind !== "action") {
      return [{ pointer, code: "form", message: `\`${path}\` is no action, and so it has no input.` }];
    }
    if (about.kept.has(path)) {
      const message = `\`${path}\` is kept and does not run again: begin with it, or with a step before it.`;
      return [{ pointer, code: "kept", message }];
    }
    const schema = about.actions.get(step.use)?.input;
    return [...marksIn(input, pointer), ...(schema === undefined ? [] : refusedBy(schema, input, pointer))];
  });
}

function unknownStep(path: string, pointer: string, places: Places): Finding {
  const suggestion = didYouMean(path, places.keys());
  const message = `There is no step \`${path}\` in the version that would run.`;
  return { pointer, code: "unknown", message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function refusedBy(schema: JsonSchema, input: Json, pointer: string): Finding[] {
  let check = checkBySchema.get(schema);
  if (check === undefined) checkBySchema.set(schema, (check = createSchemaCheck(schema)));
  return check(input).map(({ keyword: _, ...finding }) => ({ ...finding, pointer: `${pointer}${finding.pointer}` }));
}

/** Inputs are shown with their secrets replaced; sent back like that, the action would be given the mark instead. */
function marksIn(value: Json, pointer: string): Finding[] {
  if (typeof value === "string") {
    if (!value.includes(redactedMark)) return [];
    const message = `\`${redactedMark}\` stands where a secret was left out: fill in what belongs there.`;
    return [{ pointer, code: "redacted", message }];
  }
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => marksIn(item, childPointer(pointer, index)));
  return Object.entries(value).flatMap(([key, item]) => marksIn(item, childPointer(pointer, key)));
}
