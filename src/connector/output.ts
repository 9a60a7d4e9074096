// What do steps see of an HTTP answer? Status, headers, and the body as JSON where it is JSON.
import type { HttpAnswer } from "../delivery/http.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";

export const httpOutputSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["status", "headers", "body"],
  properties: {
    status: { type: "integer", description: "The HTTP status." },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "The answer's headers, names in lower case.",
    },
    body: { description: "The answer's body: JSON where it is JSON, else text." },
  },
  examples: [{ status: 200, headers: { "content-type": "application/json" }, body: { ok: true } }],
};

/** An answer as the output of a step. A body that was cut stays text. */
export function httpOutput(answer: HttpAnswer): JsonObject {
  const text = answer.body.toString("utf8");
  return { status: answer.status, headers: { ...answer.headers }, body: answer.truncated ? text : bodyOf(text) };
}

function bodyOf(text: string): Json {
  try {
    // JSON.parse answers nothing but JSON.
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
