// What does a path such as `event.data.rating` find in a scope that strangers filled?

/** Names that lead from data to the prototypes behind it. */
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Whether a key is one that no path may hold. */
export function isForbiddenKey(key: string): boolean {
  return forbiddenKeys.has(key);
}

/**
 * The value under a path, read by own properties only; arrays (and texts) by index. An empty path is the scope itself,
 * whatever is not there is `undefined`.
 */
export function readPath(scope: unknown, path: string | readonly string[]): unknown {
  let value = scope;
  for (const key of typeof path === "string" ? splitPath(path) : path) {
    value = readOwn(value, key);
    if (value === undefined) return undefined;
  }
  return value;
}

/** The own property `key` of a value, or `undefined`: never one that it inherits, never a function. */
export function readOwn(value: unknown, key: string): unknown {
  if (value === null || value === undefined || forbiddenKeys.has(key)) return undefined;
  if (!Object.hasOwn(Object(value), key)) return undefined;
  // Safe: `value` is neither null nor undefined, and the property is known to be its own.
  const found = (value as Record<string, unknown>)[key];
  return typeof found === "function" ? undefined : found;
}

/** A path's segments; none for the empty path. */
export function splitPath(path: string): string[] {
  return path === "" ? [] : path.split(".");
}
