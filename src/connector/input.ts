// Does an input fit its action? Asked after rendering and before anything is sent.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject } from "ajv/dist/2020.js";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Action } from "./contract.ts";

export type CheckedInput = { ok: true; input: JsonObject } | { ok: false; failure: Failure };
export type InputCheck = (input: Json) => CheckedInput;

/** Compiles an action's input schema. A refused input is a failure of class `validation` that names the place. */
export function compileInput(action: Action): InputCheck {
  const validate = ajv.compile<JsonObject>(action.input);
  return (input) =>
    validate(input) ? { ok: true, input } : { ok: false, failure: refusal(action, validate.errors?.[0]) };
}

/** Keywords of ours in the schemas of inputs and credentials. */
export const schemaHints = ["x-secret", "x-headers", "x-url", "x-multiline", "x-options-from"] as const;

/** Schemas here are our own; `ownProperties` keeps inherited names from standing in for members. */
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, ownProperties: true });
// Hints for recording and for forms: they decide nothing about an input.
for (const hint of schemaHints) ajv.addKeyword(hint);

function refusal(action: Action, error: ErrorObject | undefined): Failure {
  const pointer = error === undefined ? "" : pointerOf(error);
  const reason = error === undefined ? "is not valid" : reasonOf(error);
  const place = pointer === "" ? "The input" : `The input at ${pointer}`;
  return { class: "validation", code: "input", message: `${place} ${reason} (${action.title}).` };
}

/** A missing or unknown member is named itself, not the object that it is missing from. */
function pointerOf(error: ErrorObject): string {
  const member: unknown = error.params["missingProperty"] ?? error.params["additionalProperty"];
  if (typeof member !== "string") return error.instancePath;
  return `${error.instancePath}/${member.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function reasonOf(error: ErrorObject): string {
  if (error.keyword === "required") return "is missing";
  if (error.keyword === "additionalProperties") return "is not a member that the action knows";
  if (error.keyword === "not") return "has members that exclude each other";
  const allowed: unknown = error.params["allowedValues"];
  return Array.isArray(allowed) ? `must be one of ${allowed.join(", ")}` : (error.message ?? "is not valid");
}
