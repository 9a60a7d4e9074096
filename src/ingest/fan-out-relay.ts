// Sends what a crash, an outage or a full memory left owed to endpoints. Polling each second is the truth; all else is only faster.
import { deliveryIdOf } from "../endpoint/delivery-id.ts";
import type { Gates } from "../endpoint/gates.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";
import type { Sender } from "./sender.ts";

export type FanOutRelay = ReturnType<typeof createFanOutRelay>;

const pollMs = 1_000;
/** An event that is owed for longer than this is worth an alarm. */
const alarmMs = 60_000;

export type FanOutRelayDeps = {
  store: Pick<Store, "events" | "deliveries">;
  sender: Pick<Sender, "hasRoom" | "dispatch">;
  gates: Pick<Gates, "behind" | "setAhead">;
  /** How long a claim holds an event, in milliseconds. */
  leaseMs: number;
  log: Log;
};

export function createFanOutRelay(deps: FanOutRelayDeps) {
  const { store, sender, log } = deps;
  let behind = true; // Until the first look says otherwise: what a crash left goes first.
  let alarmAtMs = Date.now() + alarmMs;

  /** Takes what is due while there is room. */
  async function sweep(): Promise<void> {
    while (!loop.isClosing() && sender.hasRoom()) {
      const event = await store.events.claimFanOut(deps.leaseMs);
      if (!event) {
        behind = false;
        return;
      }
      behind = true;
      // What an earlier try has recorded is not sent again.
      const ids = (event.fanOut?.endpoints ?? []).map((endpoint) => deliveryIdOf(event, endpoint));
      sender.dispatch(event, await store.deliveries.findMany(event.tenantId, ids));
    }
  }

  /** Lanes may be drained by another process: what was behind is looked at until it is not. */
  async function lookAtLanes(): Promise<void> {
    for (const { tenantId, id } of deps.gates.behind()) {
      if (await store.deliveries.isLaneEmpty(tenantId, id)) deps.gates.setAhead(id);
    }
  }

  async function alarm(): Promise<void> {
    if (Date.now() < alarmAtMs) return;
    alarmAtMs = Date.now() + alarmMs;
    const { pending, oldest } = await store.events.fanOutBacklog();
    if (oldest && Date.now() - oldest.getTime() > alarmMs) {
      log.warn({ pending, oldest }, "events are owed to endpoints since more than a minute");
    }
  }

  const loop = startLoop(
    pollMs,
    () => sweep().then(lookAtLanes).then(alarm),
    (err) => {
      behind = true;
      log.debug({ err }, "the fan-out's outbox cannot be read at the moment");
    },
  );

  return {
    /** Whether older events wait in MongoDB: new ones go behind them. */
    isBehind: () => behind,
    /** An event was stored without being sent: it is looked for at once. */
    wake(): void {
      behind = true;
      loop.wake();
    },
    close: loop.close,
  };
}
