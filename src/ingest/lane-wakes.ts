// Who tells an endpoint's lane that somebody waits in it? Many deliveries with one signal, sent after their rows stand.
import type { LaneKey, Started, WakeLane } from "../endpoint/hand-on.ts";
import type { EndpointId } from "../model/ids.ts";

/** Between two signals to one lane, in milliseconds: a lane takes many deliveries in one turn. */
const betweenMs = 250;

export function createLaneWakes(signal: (lane: LaneKey) => Promise<Started>): WakeLane {
  const next = new Map<EndpointId, Promise<Started>>();
  const lastAtMs = new Map<EndpointId, number>();

  return (lane) => {
    const known = next.get(lane.endpointId);
    if (known !== undefined) return known;
    const waitMs = Math.max(0, (lastAtMs.get(lane.endpointId) ?? 0) + betweenMs - performance.now());
    const woken = (async (): Promise<Started> => {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      // From here on a newcomer needs a signal of its own: this one may be read before its row stands.
      next.delete(lane.endpointId);
      if (lastAtMs.size > lanesMax) lastAtMs.clear();
      lastAtMs.set(lane.endpointId, performance.now());
      return signal(lane);
    })();
    next.set(lane.endpointId, woken);
    return woken;
  };
}

const lanesMax = 10_000;
