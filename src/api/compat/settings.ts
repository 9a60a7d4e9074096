// What does a webhook in a system's own words mean as settings of an endpoint?
import type { EndpointGiven } from "../../model/endpoint-given.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import type { RetryPolicy } from "../../model/retry.ts";
import { conditionOfEventFilters, conditionOfFilters } from "./filters.ts";
import type { GivenWebhook } from "./given.ts";
import { withRetryConfig, withRetryCounts } from "./retries.ts";

/** What reading a secret again shows in its place; sent back, it changes nothing. */
export const hiddenSecret = "********";

/**
 * The settings that a new webhook asks for. `policy` is the retry policy that it has without one of its own. `url` and
 * `events` are there: the schema has asked for them.
 */
export function settingsOf(given: GivenWebhook, profile: string, policy: RetryPolicy): EndpointGiven {
  const { enabled, ...settings } = patchOf(given, policy);
  const present = Object.entries(settings).filter(([, value]) => value !== null);
  const status = enabled === undefined ? {} : { enabled };
  // A profile whose signature is optional sends unsigned then; under any other one a secret is made.
  const unsigned = given.secret === null ? { secret: null } : {};
  // Safe: a patch without its nulls has members of EndpointGiven only, and the schema has let `url` and `events` through.
  return { ...(Object.fromEntries(present) as unknown as EndpointGiven), ...status, ...unsigned, profile };
}

/** What becomes of an endpoint's settings: members as they are to be, null for those that go. */
export type SettingsPatch = JsonObject & { enabled?: boolean };

/** The change of settings that members ask for. `policy` is the retry policy as it is in force now. */
export function patchOf(given: GivenWebhook, policy: RetryPolicy): SettingsPatch {
  const url = given.url ?? given.endpointUrl;
  const enabled = given.active ?? given.is_active;
  const retry = retryOf(given, policy);
  const filter = filterOf(given);
  const patch: { [member: string]: Json | undefined } = {
    url,
    events: given.events,
    name: given.name,
    description: given.description,
    headers: given.headers,
    filter,
    retry,
    contentType: given.content_type,
    timeout: given.timeout_seconds === undefined ? undefined : `${given.timeout_seconds}s`,
    testMode: given.testMode,
    profile: given.profile,
    secret: given.secret === null || given.secret === hiddenSecret ? undefined : given.secret,
    enabled,
  };
  return definedMembers(patch);
}

/**
 * The members that say something else than what is shown now. So what was read can be sent back whole, and leaves even
 * settings alone that the system has no words for.
 */
export function changedMembers(given: GivenWebhook, shown: JsonObject): GivenWebhook {
  const entries = Object.entries(given).filter(([member, value]) => !isSame(shown[member], value));
  return Object.fromEntries(entries);
}

function retryOf(given: GivenWebhook, policy: RetryPolicy): Json | undefined {
  const { retryConfig, retry_count, retry_delay_seconds } = given;
  if (retryConfig === null) return null;
  if (retryConfig !== undefined) return withRetryConfig(policy, retryConfig);
  if (retry_count === undefined && retry_delay_seconds === undefined) return undefined;
  return withRetryCounts(policy, {
    ...(retry_count === undefined ? {} : { retry_count }),
    ...(retry_delay_seconds === undefined ? {} : { retry_delay_seconds }),
  });
}

function filterOf({ filters, event_filters: eventFilters }: GivenWebhook): Json | undefined {
  if (filters === null || eventFilters === null) return null;
  // Conditions are plain JSON. A filter that asks for nothing is none.
  if (filters !== undefined) return (conditionOfFilters(filters) as Json | undefined) ?? null;
  if (eventFilters !== undefined) return (conditionOfEventFilters(eventFilters) as Json | undefined) ?? null;
  return undefined;
}

function definedMembers(members: { [member: string]: Json | undefined }): JsonObject {
  const entries = Object.entries(members).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  return Object.fromEntries(entries) as JsonObject; // Without the members that are not there.
}

/** Whether two JSON values are equal, whatever the order of their members. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [ours, theirs] = [Object.entries(a), new Map(Object.entries(b))];
  return ours.length === theirs.size && ours.every(([key, value]) => theirs.has(key) && isSame(value, theirs.get(key)));
}
