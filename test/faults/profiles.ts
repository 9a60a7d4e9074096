// How hard is a trial? A short one for every run of the tests, a long one by hand, and what each of them kills.
import type { FaultCounts } from "./nemesis.ts";
import type { TrialOptions } from "./trial.ts";

type Profile = Pick<TrialOptions, "events" | "perSecond" | "faults">;

/** A minute: each process is killed, the engine four times. */
export const shortProfile: Profile = {
  events: 300,
  perSecond: 20,
  faults: { engine: 3, mongodb: 1, temporal: 1, stranded: 1 },
};

/** Ten thousand events; the engine is killed every few seconds. */
export const longProfile: Profile = longProfileOf(10_000);

/** The long profile's kinds and distances of faults for another number of events. */
export function longProfileOf(events: number): Profile {
  const every = (eventsApart: number) => Math.max(1, Math.round(events / eventsApart));
  const faults: FaultCounts = {
    engine: every(170),
    mongodb: every(1_000),
    temporal: every(1_000),
    stranded: every(2_500),
    everything: every(2_500),
  };
  return { events, perSecond: 25, faults };
}

/** What shows the mutant: starts that wait in its memory when it is killed. */
export const mutantProfile: Profile = { events: 120, perSecond: 20, faults: { engine: 1, stranded: 1 } };
