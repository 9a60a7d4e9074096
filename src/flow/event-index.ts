// Who listens to an event's type? An index by patterns, made once for many events.

/** Something that listens, with its place in the list that the index was made from: what several patterns find keeps that order. */
type Entry<T> = { listener: T; order: number };

export type EventIndex<T> = {
  exact: ReadonlyMap<string, Entry<T>[]>;
  /** By what stands before `.*`. */
  prefixes: ReadonlyMap<string, Entry<T>[]>;
  all: Entry<T>[];
};

/** An index of listeners by the event types (`review.created`, `review.*`, `*`) that they listen to. */
export function buildEventIndex<T extends { readonly events: readonly string[] }>(
  listeners: readonly T[],
): EventIndex<T> {
  const exact = new Map<string, Entry<T>[]>();
  const prefixes = new Map<string, Entry<T>[]>();
  const all: Entry<T>[] = [];
  for (const [order, listener] of listeners.entries()) {
    const entry = { listener, order };
    for (const pattern of new Set(listener.events)) {
      if (pattern === "*") all.push(entry);
      else if (pattern.endsWith(".*")) addTo(prefixes, pattern.slice(0, -2), entry);
      else addTo(exact, pattern, entry);
    }
  }
  return { exact, prefixes, all };
}

/** Everybody who listens to a type, once each. `review.*` takes types with one or more further segments, not `review` itself. */
export function listenersTo<T>(index: EventIndex<T>, type: string): T[] {
  const buckets = index.all.length > 0 ? [index.all] : [];
  const exact = index.exact.get(type);
  if (exact !== undefined) buckets.push(exact);
  if (index.prefixes.size > 0) {
    for (let dot = type.indexOf("."); dot !== -1; dot = type.indexOf(".", dot + 1)) {
      const below = index.prefixes.get(type.slice(0, dot));
      if (below !== undefined) buckets.push(below);
    }
  }
  const [only, ...more] = buckets;
  const found = more.length === 0 ? (only ?? []) : [...new Set(buckets.flat())].sort((a, b) => a.order - b.order);
  return found.map((entry) => entry.listener);
}

function addTo<T>(entries: Map<string, Entry<T>[]>, key: string, entry: Entry<T>): void {
  const bucket = entries.get(key);
  if (bucket === undefined) entries.set(key, [entry]);
  else bucket.push(entry);
}
