// How does an owner learn that a connection needs them? The notice in its row becomes an event, once.
import { reauthEventType, type ConnectionRef } from "../connector/open-connection.ts";
import type { Log } from "../log.ts";
import type { Event } from "../model/event.ts";
import type { ConnectionNotice } from "../store/connections.ts";
import type { Store } from "../store/store.ts";
import type { Accept } from "./accept.ts";
import { startLoop } from "./loop.ts";

type Noticed = Awaited<ReturnType<Store["connections"]["withNotice"]>>[number];

const pollMs = 1_000;
const roundMax = 100;

/**
 * The event of a notice. Its id comes from the connection and the revision that was marked: however many processes find
 * the notice, and however often one dies before it has removed it, the event is accepted once.
 */
export function noticeEvent(
  row: Pick<Noticed, "_id" | "slug" | "name" | "connector">,
  notice: ConnectionNotice,
): Event {
  const { _id: id, slug, name, connector } = row;
  const connection: ConnectionRef = { id, slug, name, connector };
  return {
    id: `reauth_${id}_${notice.revision}`,
    type: reauthEventType,
    occurredAt: notice.at.toISOString(),
    source: "millrace",
    dataText: JSON.stringify({ connection, reason: notice.reason }),
  };
}

/** Starts to look for notices, of this process and of others; `close` ends it. */
export function raiseNotices(deps: { store: Pick<Store, "connections">; accept: Accept; log: Log }) {
  const { store, accept, log } = deps;
  const raise = async ({ notice, ...row }: Noticed): Promise<void> => {
    const accepted = await accept(row.tenantId, noticeEvent(row, notice));
    // Without room the notice stays, and is tried again.
    if (accepted.outcome === "overloaded") return;
    // Accepted before it is removed: a crash in between makes a duplicate, which is accepted once.
    await store.connections.clearNotice({ tenantId: row.tenantId, id: row._id }, notice);
    log.info({ tenantId: row.tenantId, connectionId: row._id }, "a connection needs its owner: the event was raised");
  };
  const sweep = async (): Promise<void> => {
    for (const row of await store.connections.withNotice(roundMax)) await raise(row);
  };
  const loop = startLoop(pollMs, sweep, (err) => log.debug({ err }, "notices cannot be raised at the moment"));
  return { close: loop.close };
}
