// Who has to hear when a document changes? One change stream for all collections that are followed in memory: MongoDB
// pays for each open stream with every write that anybody makes.
import type mongoose from "mongoose";

/** The collections that somebody follows. */
const followed = ["flows", "endpoints", "profiles", "eventTypes"] as const;
export type FollowedCollection = (typeof followed)[number];

export type Change = mongoose.mongo.ChangeStreamDocument & { documentKey: { _id: unknown } };
export type Listener = { change(change: Change): void; error(error: unknown): void };

/** What can be heard of: `listen` until `close`. An error ends it; whoever wants to hear more listens again. */
export type Changes = {
  listen(collection: FollowedCollection, listener: Listener): { close(): Promise<void> };
  close(): Promise<void>;
};

export function createChanges(database: () => mongoose.mongo.Db): Changes {
  const listeners = new Map<Listener, FollowedCollection>();
  let stream: mongoose.mongo.ChangeStream | undefined;

  const end = async (): Promise<void> => {
    const ending = stream;
    stream = undefined;
    // It may be broken already.
    await ending?.close().catch(() => {});
  };
  const open = (): mongoose.mongo.ChangeStream => {
    const opened = database().watch([{ $match: { "ns.coll": { $in: [...followed] } } }], { maxAwaitTimeMS: 1_000 });
    opened.on("change", (change) => {
      if (!("documentKey" in change) || !("coll" in change.ns)) return;
      for (const [listener, collection] of listeners) if (collection === change.ns.coll) listener.change(change);
    });
    opened.on("error", (error) => {
      if (stream !== opened) return;
      void end();
      const told = [...listeners.keys()];
      listeners.clear();
      for (const listener of told) listener.error(error);
    });
    return opened;
  };
  return {
    listen(collection, listener) {
      listeners.set(listener, collection);
      stream ??= open();
      return {
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
