// A copy in memory of what a collection holds, kept current by its change stream for as long as the process lives.
import type { Log } from "../log.ts";
import { AppError } from "../model/errors.ts";
import type { Listening } from "./changes.ts";

export type Followed<Id> = {
  /** Resolves at once while the copy is current; waits while it is read again. Throws AppError `service.storage_unavailable` when that takes too long. */
  current(): Promise<void> | undefined;
  /** Reads one again at once; one after the other, so that an older answer never overwrites a newer one. */
  changed(id: Id): Promise<void>;
  close(): Promise<void>;
};

export type FollowOptions<Id> = {
  /** Who is followed, in the plural, for people who read about it: "flows". */
  what: string;
  watch(on: { change(id: Id): void; error(error: unknown): void }): Listening;
  readAll(): Promise<void>;
  read(id: Id): Promise<void>;
  log: Pick<Log, "warn">;
};

const retryMs = 500;
/** Longest that anybody waits for a copy that is being read again, in milliseconds. */
const currentWaitMs = 4_000;

/** Watches first and reads then: what changes in between is told by the stream. One that breaks begins anew. */
export async function followStream<Id>(options: FollowOptions<Id>): Promise<Followed<Id>> {
  const { what, log } = options;
  let closed = false;
  let stream: Listening | undefined;
  let fresh: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    // The one who asked hears of its failure; the next one does not care.
    last = turn.catch(() => {});
    return turn;
  };
  const changed = (id: Id) => inTurn(() => options.read(id));

  const begin = async (): Promise<void> => {
    while (!closed) {
      let broken: unknown;
      const onError = (err: unknown) => {
        broken = err;
        restart(err);
      };
      try {
        stream = options.watch({ change: (id) => void changed(id).catch(onError), error: onError });
        await stream.opened;
        await inTurn(options.readAll);
        // Broken while it was read: what changed meanwhile was not told.
        if (broken === undefined) return;
      } catch (err) {
        broken = err;
      }
      log.warn({ err: broken }, `the ${what} cannot be read; trying again`);
      await stream?.close().catch(() => {}); // It is broken already.
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  };
  const restart = (err: unknown): void => {
    if (closed || fresh) return;
    log.warn({ err }, `the stream of changed ${what} broke; reading them again`);
    const broken = stream;
    fresh = begin().finally(() => (fresh = undefined));
    void broken?.close().catch(() => {}); // It is broken already.
  };
  fresh = begin().finally(() => (fresh = undefined));
  await fresh;

  return {
    current: () => (fresh ? withinTime(fresh, what) : undefined),
    changed,
    async close(): Promise<void> {
      closed = true;
      await stream?.close();
    },
  };
}

async function withinTime(work: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const detail = `The ${what} cannot be read at the moment. Send the request again, with the same ids.`;
    timer = setTimeout(
      () => reject(new AppError("service.storage_unavailable", { detail, retryAfterMs: 2_000 })),
      currentWaitMs,
    );
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
