// What do settings become under a patch? A merge patch (RFC 7396), where trees that mean one thing are replaced whole.
import type { Json, JsonObject } from "../model/json.ts";

/** Half of one rule and half of another make no rule: these members are never merged. */
const wholeMembers = new Set(["filter", "transform", "retry", "encryption"]);

/** The object after the patch: objects are merged, `null` removes a member, everything else replaces what was there. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergedValue(key, merged.get(key), value));
  }
  // Defines each member: a key such as `__proto__` becomes plain data.
  return Object.fromEntries(merged);
}

function mergedValue(key: string, before: Json | undefined, value: Json): Json {
  if (!isJsonObject(value) || wholeMembers.has(key)) return value;
  return mergePatch(isJsonObject(before) ? before : {}, value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
