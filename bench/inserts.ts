// Publishing alone beside bare journaled inserts of the same document, grouped in the same way.
import type { Event } from "../src/model/event.ts";
import { newId } from "../src/model/ids.ts";
import { newEventKey, newStoredEvent } from "../src/store/events.ts";
import { openStore } from "../src/store/store.ts";
import { median, runLoad } from "./load.ts";

export type InsertsResult = { inFlight: number; publishPerSecond: number; insertPerSecond: number; ratio: number }[];

const count = 4_000;

/** Medians of alternating rounds, at 1, 10 and 50 in flight. No flow matches the published type. */
export async function measureInserts(options: {
  mongodbUri: string;
  publish(event: object): Promise<number>;
  rounds: number;
}): Promise<InsertsResult> {
  const store = await openStore(options.mongodbUri, { database: "bare" });
  const tenantId = newId("tnt");
  const timed = async (work: Promise<unknown>) => {
    const startedAt = performance.now();
    await work;
    const ms = performance.now() - startedAt;
    return { acknowledgedMs: ms, arrivedMs: ms };
  };
  const data = { rating: 5, content: "Lovely", business_id: "biz_1" };
  const publish = () =>
    timed(
      options.publish({ type: "nothing.matches", data }).then((status) => {
        if (status !== 202) throw new Error(`The publish was answered ${status}.`);
      }),
    );
  const insert = () => {
    const key = newEventKey();
    const at = new Date();
    const event: Event = {
      id: key,
      type: "nothing.matches",
      occurredAt: at.toISOString(),
      dataText: JSON.stringify(data),
    };
    return timed(store.events.insert(newStoredEvent(event, { key, tenantId, targets: [], misses: [], due: at })));
  };
  const result: InsertsResult = [];
  for (const inFlight of [1, 10, 50]) {
    const rates = { publish: [] as number[], insert: [] as number[] };
    for (let round = 0; round < options.rounds; round++) {
      const units = inFlight === 1 ? count / 10 : count;
      rates.insert.push((await runLoad(units, inFlight, insert)).perSecond);
      rates.publish.push((await runLoad(units, inFlight, publish)).perSecond);
    }
    const [publishPerSecond, insertPerSecond] = [median(rates.publish), median(rates.insert)];
    result.push({ inFlight, publishPerSecond, insertPerSecond, ratio: publishPerSecond / insertPerSecond });
  }
  await store.close();
  return result;
}
