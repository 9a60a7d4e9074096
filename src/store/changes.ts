// Who has to hear when a document changes? One change stream for all collections that are followed in memory: MongoDB
// pays for each open stream with every write that anybody makes.
import type mongoose from "mongoose";

/** The collections that somebody follows. */
const followed = ["flows", "endpoints", "profiles", "eventTypes"] as const;
export type FollowedCollection = (typeof followed)[number];

export type Change = mongoose.mongo.ChangeStreamDocument & { documentKey: { _id: unknown } };
export type Listener = { change(change: Change): void; error(error: unknown): void };

/** `opened` resolves when each change from then on is told, or when an error has been: what is read before may be older. */
export type Listening = { opened: Promise<void>; close(): Promise<void> };

/** What can be heard of: `listen` until `close`. An error ends it; whoever wants to hear more listens again. */
export type Changes = {
  listen(collection: FollowedCollection, listener: Listener): Listening;
  close(): Promise<void>;
};

/** Their documents' changes, and what becomes of them as a whole: a backup that is restored drops or renames them. */
const ofFollowed = { $or: [{ "ns.coll": { $in: [...followed] } }, { "to.coll": { $in: [...followed] } }] };

export function createChanges(database: () => mongoose.mongo.Db): Changes {
  const listeners = new Map<Listener, FollowedCollection>();
  let stream: { changes: mongoose.mongo.ChangeStream; opened: Promise<void> } | undefined;

  const end = async (): Promise<void> => {
    const ending = stream;
    stream = undefined;
    // It may be broken already.
    await ending?.changes.close().catch(() => {});
  };
  const open = (): NonNullable<typeof stream> => {
    const changes = database().watch([{ $match: ofFollowed }], { maxAwaitTimeMS: 1_000 });
    const broken = (error: unknown) => {
      if (stream?.changes !== changes) return;
      void end();
      const told = [...listeners.keys()];
      listeners.clear();
      for (const listener of told) listener.error(error);
    };
    changes.on("change", (change) => {
      if (!("documentKey" in change))
        return broken(new Error(`A collection was changed as a whole: ${change.operationType}.`));
      if (!("coll" in change.ns)) return;
      for (const [listener, collection] of listeners) if (collection === change.ns.coll) listener.change(change);
    });
    changes.on("error", broken);
    return { changes, opened: openingOf(changes) };
  };
  return {
    listen(collection, listener) {
      listeners.set(listener, collection);
      const { opened } = (stream ??= open());
      return {
        opened,
        async close() {
          if (listeners.delete(listener) && listeners.size === 0) await end();
        },
      };
    },
    async close() {
      listeners.clear();
      await end();
    },
  };
}

/** Resolves with the server's first answer: it tells of everything that comes after it. Or when there will be none. */
function openingOf(changes: mongoose.mongo.ChangeStream): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["resumeTokenChanged", "change", "error", "close"] as const)
      changes.once(event, () => resolve());
  });
}
