import fc from "fast-check";
import { killsOf, planFaults, runNemesis, type Fault } from "./nemesis.ts";
import { longProfile, shortProfile } from "./profiles.ts";
import { createRandom } from "./random.ts";

test("the same seed plans the same faults, another one plans others", () => {
  const plan = (seed: number) => planFaults(createRandom(seed), 300, shortProfile.faults);
  expect(plan(5)).toEqual(plan(5));
  expect(plan(5)).not.toEqual(plan(6));
});

test("random numbers are spread over their whole range", () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 10_000 }, () => random.between(0, 4));
  for (const number of [0, 1, 2, 3, 4]) {
    const count = drawn.filter((one) => one === number).length;
    expect(Math.abs(count - 2_000)).toBeLessThan(200);
  }
});

test("every fault strikes in order while events are still being published, whatever the seed", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(shortProfile, longProfile), (seed, { events, faults }) => {
      const plan = planFaults(createRandom(seed), events, faults);
      const after = plan.map((fault) => fault.afterEvents);
      expect(after).toEqual(after.toSorted((a, b) => a - b));
      expect(Math.min(...after)).toBeGreaterThan(0);
      expect(Math.max(...after)).toBeLessThan(events * 0.95);
    }),
    { numRuns: 50 },
  );
});

test("the short trial kills the engine at least three times and each server at least once", () => {
  const kills = killsOf(planFaults(createRandom(1), shortProfile.events, shortProfile.faults));
  expect(kills.engine).toBeGreaterThanOrEqual(3);
  expect(kills.mongodb).toBeGreaterThanOrEqual(1);
  expect(kills.temporal).toBeGreaterThanOrEqual(1);
});

test("whatever a fault kills is back when the nemesis is done", async () => {
  const down = new Set<string>();
  const struck: string[] = [];
  const targets = {
    killEngine: async () => void struck.push("engine"),
    engineReady: async () => expect([...down]).toEqual([]),
    kill: async (server: string) => {
      struck.push(server);
      down.add(server);
    },
    start: async (server: string) => void down.delete(server),
  };
  const fault = (kind: Fault["kind"], back: Fault["back"]): Fault => ({ kind, afterEvents: 1, delayMs: 0, back });
  const everything = fault("everything", [
    { server: "temporal", afterMs: 0 },
    { server: "mongodb", afterMs: 0 },
  ]);
  await runNemesis(
    [fault("engine", []), fault("mongodb", [{ server: "mongodb", afterMs: 0 }]), everything],
    targets,
    async () => {},
  );
  expect(struck).toEqual(["engine", "mongodb", "engine", "mongodb", "temporal"]);
  expect(down.size).toBe(0);
});
