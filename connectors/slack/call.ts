// How is a method of Slack's Web API called, and how often?
import type { ActionRequest, Built, Throttle } from "../../src/connector/contract.ts";
import type { JsonObject } from "../../src/model/json.ts";

/** Without a charset Slack answers every JSON body with a warning. */
const jsonType = "application/json; charset=utf-8";

/** A POST of a method's arguments as JSON; the token travels in the header `Authorization`. */
export function postOf(method: string, args: JsonObject): ActionRequest {
  return postJson(`/${method}`, args);
}

/** A POST of JSON to a path after the connection's base URL; an empty path is that URL itself. */
export function postJson(path: string, body: JsonObject): ActionRequest {
  return { method: "POST", url: path, headers: { "content-type": jsonType }, body: JSON.stringify(body) };
}

/** Tier 3 (docs.slack.dev/apis/web-api/rate-limits): fifty calls a minute and more, short bursts are welcome. */
export function tier3(key: string): Throttle {
  return { key, perMs: 1_200, burst: 10 };
}

/** The members that are given: absent arguments keep Slack's own defaults. */
export function given(args: { [name: string]: JsonObject[string] | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(args).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A refusal before anything is sent. */
export function refused(code: string, message: string): Built {
  return { ok: false, failure: { class: "validation", code, message } };
}

/** Why a channel cannot be looked up by its name here; undefined for what can be an ID. */
export function channelIdProblem(channel: string): Built | undefined {
  if (!/^[#@]/.test(channel)) return undefined;
  const message = `"${channel}" is a name. Give the channel's ID (C…, G… or D…), as postMessage answers it.`;
  return refused("channel_id", message);
}
