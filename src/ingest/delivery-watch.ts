// Is every delivery that should be under way? What a lost signal, or a workflow that was ended from outside, left to nobody.
import { handOn, type LaneKey, type StartDelivery, type WakeLane } from "../endpoint/hand-on.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

const lookEveryMs = 30_000;
/** What is overdue for longer than this is looked after, in milliseconds: timers and limits have had their time. */
const overdueMs = 2 * 60_000;
/** Deliveries and lanes of one look. */
const looksMax = 500;

/** Starts to watch; `close` ends it. All that it does may be done twice: a delivery and a lane have one workflow each. */
export function watchDeliveries(deps: {
  store: Pick<Store, "deliveries" | "endpoints">;
  start: StartDelivery;
  wakeLane: WakeLane;
  log: Log;
  nowMs?: () => number;
  /** For tests. */
  times?: { lookEveryMs?: number };
}) {
  const { store, wakeLane, log, nowMs = Date.now } = deps;

  async function lookAtDeliveries(before: Date): Promise<void> {
    for (const row of await store.deliveries.overdue(before, looksMax)) {
      if (loop.isClosing() || !(await handOn({ ...deps, nowMs }, row))) return;
    }
  }

  /** Where the last look at lanes ended: the next one goes on behind it, so that many that wait keep none from its turn. */
  let after: LaneKey | undefined;
  async function lookAtLanes(before: Date): Promise<void> {
    const { lanes, last } = await store.deliveries.lanesSince(before, after, looksMax);
    const paused = await store.endpoints.pausedOf(lanes.map((lane) => lane.endpointId));
    for (const lane of lanes) {
      // It is resumed by a person, who wakes the lane.
      if (paused.has(lane.endpointId)) continue;
      if (loop.isClosing() || (await wakeLane(lane)).outcome !== "started") return;
    }
    after = last;
  }

  const loop = startLoop(
    deps.times?.lookEveryMs ?? lookEveryMs,
    async () => {
      const before = new Date(nowMs() - overdueMs);
      await lookAtDeliveries(before);
      await lookAtLanes(before);
    },
    (err) => log.debug({ err }, "deliveries cannot be watched at the moment"),
  );
  return { close: loop.close };
}
