// slack.lookupUserByEmail: who in the workspace has this e-mail address?
import { defineAction } from "../../../src/connector/contract.ts";
import type { Json, JsonObject, JsonSchema } from "../../../src/model/json.ts";
import { answerBytesMax, webApiAnswer } from "../answer.ts";
import { given, tier3 } from "../call.ts";
import { warnings } from "../schemas.ts";

type LookupInput = { email: string };

const examples: LookupInput[] = [{ email: "ann@example.com" }, { email: "ann+slack@example.com" }];

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["email"],
  properties: { email: { type: "string", pattern: "^[^\\s@]+@[^\\s@]+$", maxLength: 320 } },
  examples,
};

const output: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["ok", "id"],
  properties: {
    ok: { const: true },
    id: { type: "string", description: "The user's ID: a channel for postMessage, a mention as <@ID>." },
    teamId: { type: "string" },
    name: { type: "string" },
    realName: { type: "string" },
    displayName: { type: "string" },
    email: { type: "string" },
    timeZone: { type: "string", description: "Like Europe/Berlin." },
    deleted: { type: "boolean", description: "Whether the account is deactivated." },
    isBot: { type: "boolean" },
    warnings,
  },
  examples: [
    { ok: true, id: "W012A3CDE", teamId: "T012AB3C4", name: "ann", realName: "Ann Lee", deleted: false, isBot: false },
  ],
};

export const lookupUserByEmail = defineAction<LookupInput>({
  id: "lookupUserByEmail",
  title: "Find a user by e-mail address",
  description: "Finds the user of the workspace with an e-mail address; fails with class not_found when there is none.",
  effect: "read",
  kinds: ["bearer"],
  input,
  output,
  counterExamples: [
    { input: {}, pointer: "/email" },
    { input: { email: "ann" }, pointer: "/email" },
    { input: { email: 5 }, pointer: "/email" },
    { input: { email: "ann@example.com", team: "T1" }, pointer: "/team" },
  ],
  request({ email }) {
    // This method takes no JSON body.
    const query = new URLSearchParams({ email }).toString();
    return { ok: true, request: { method: "GET", url: `/users.lookupByEmail?${query}`, headers: {} } };
  },
  response: (answer) => webApiAnswer(answer, ({ user }) => userOf(user)),
  throttle: () => tier3("lookupUserByEmail"),
  answerBytesMax: () => answerBytesMax,
});

/** The few facts that flows work with, instead of the whole profile with its pictures. */
function userOf(user: Json | undefined): JsonObject | undefined {
  if (!isObject(user) || typeof user["id"] !== "string") return undefined;
  const profile = isObject(user["profile"]) ? user["profile"] : {};
  return given({
    id: user["id"],
    teamId: textOf(user["team_id"]),
    name: textOf(user["name"]),
    realName: textOf(user["real_name"] ?? profile["real_name"]),
    displayName: textOf(profile["display_name"]),
    email: textOf(profile["email"]),
    timeZone: textOf(user["tz"]),
    deleted: flagOf(user["deleted"]),
    isBot: flagOf(user["is_bot"]),
  });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function flagOf(value: Json | undefined): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
