// Group commit: concurrent writes share one command, so that a journal flush is paid once for many.

export type GroupWriter<T, R> = {
  /** Resolves with the item's own result when its group has been written; rejects when the group's command failed. */
  add(item: T): Promise<R>;
  /** Items that wait or are being written. */
  size(): number;
  /** Resolves when everything added so far has been written or has failed. */
  idle(): Promise<void>;
};

/** MongoDB takes commands of 48 MB; a group far below it also keeps the memory of two groups on their way small. */
const groupBytesMax = 8 * 1024 * 1024;

type Waiting<T, R> = { item: T; resolve(result: R): void; reject(error: unknown): void };

/**
 * A writer that collects what arrives while earlier groups are on their way. An item that comes alone is written at once
 * and waits for no company, unless `lingerMs` says so.
 */
export function createGroupWriter<T, R>(options: {
  /** Writes a group; answers one result an item, in order. */
  write(items: T[]): Promise<R[]>;
  itemsMax: number;
  /** Groups on their way at once. Two keep the server busy while the next one gathers. */
  inFlightMax: number;
  /** How long the first item of a group waits for others, in milliseconds; for writes that nobody waits for. */
  lingerMs?: number;
  /** Size of an item in bytes; a group ends before it would pass `groupBytesMax`. Absent: items are small. */
  bytesOf?: (item: T) => number;
}): GroupWriter<T, R> {
  const { write, inFlightMax, lingerMs } = options;
  const waiting: Waiting<T, R>[] = [];
  let idlers: (() => void)[] = [];
  let inFlight = 0;
  let writing = 0;
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    while (waiting.length > 0 && inFlight < inFlightMax) {
      const group = waiting.splice(0, groupSize(waiting, options));
      inFlight++;
      writing += group.length;
      void writeGroup(group, write).finally(() => {
        inFlight--;
        writing -= group.length;
        if (waiting.length > 0) flush();
        else if (inFlight === 0) {
          for (const done of idlers) done();
          idlers = [];
        }
      });
    }
  };

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (scheduled || inFlight >= inFlightMax) return;
        scheduled = true;
        if (lingerMs !== undefined) setTimeout(flush, lingerMs);
        // One turn of the event loop: requests that were read from their sockets together share the group.
        else setImmediate(flush);
      }),
    size: () => waiting.length + writing,
    idle: () => (waiting.length + inFlight === 0 ? Promise.resolve() : new Promise((done) => idlers.push(done))),
  };
}

/** Writes a group and tells each of its items what came of it. Never rejects. */
async function writeGroup<T, R>(group: Waiting<T, R>[], write: (items: T[]) => Promise<R[]>): Promise<void> {
  try {
    const results = await write(group.map((one) => one.item));
    // `write` answers one result an item; the cast only undoes the index check.
    group.forEach((one, i) => one.resolve(results[i] as R));
  } catch (error) {
    for (const one of group) one.reject(error);
  }
}

/** How many of the first items make a group: at least one, and no more than one command can carry. */
function groupSize<T, R>(
  waiting: Waiting<T, R>[],
  { itemsMax, bytesOf }: { itemsMax: number; bytesOf?: (item: T) => number },
): number {
  let bytes = 0;
  let size = 0;
  for (const { item } of waiting) {
    bytes += bytesOf?.(item) ?? 0;
    if (size === itemsMax || (size > 0 && bytes > groupBytesMax)) return size;
    size++;
  }
  return size;
}
