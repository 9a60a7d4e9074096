// Which connections does a pool no longer know of? undici drops a client that found no connection, but hands it what waits.
import type { Client, Dispatcher, Pool } from "undici";

export type Strays = {
  /** Those that have a connection or a request. */
  clients: ReadonlySet<Client>;
  watch: (pool: Pool) => Pool;
};

/** Keeps hold of the clients that pools drop, so that they can be ended with the rest. */
export function createStrays(): Strays {
  const clients = new Set<Client>();
  const follow = (client: Client): void => {
    // What waits in the pool is handed to it right after these events, or never.
    const leaveWhenIdle = (): void =>
      queueMicrotask(() => {
        if (client.stats.size === 0 && !client.stats.connected) clients.delete(client);
      });
    client.on("disconnect", leaveWhenIdle).on("connectionError", leaveWhenIdle);
    clients.add(client);
    leaveWhenIdle();
  };
  const onConnectionError = (_origin: URL, [, client]: readonly Dispatcher[]): void => {
    // A pool's targets are itself and the client.
    if (client !== undefined && !clients.has(client as Client)) follow(client as Client);
  };
  return { clients, watch: (pool) => pool.on("connectionError", onConnectionError) };
}
