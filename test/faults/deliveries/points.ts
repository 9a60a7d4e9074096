// Between which two steps may a process be killed that carries deliveries on? The same deps, with a point after each step.
import type { WebhookDeps } from "../../../activities/webhook-deps.ts";

/** Of a page of a recovery: it is written down; a delivery of it was asked for; that is marked; the page is over. */
export const pagePoints = ["planned", "asked", "marked", "ended"] as const;
/** Of an attempt, in a lane or not: it is counted; how it went is recorded. */
export const attemptPoints = ["begun", "recorded"] as const;
export type Point = (typeof pagePoints)[number] | (typeof attemptPoints)[number] | "stored";

export function withPoints(deps: WebhookDeps, reach: (point: Point) => Promise<void>): WebhookDeps {
  const { recoveries, deliveries } = deps.store;
  return {
    ...deps,
    store: {
      ...deps.store,
      recoveries: {
        ...recoveries,
        async beginPage(recovery, page) {
          const begun = await recoveries.beginPage(recovery, page);
          await reach("planned");
          return begun;
        },
        async markAsked(...mark) {
          await reach("asked");
          await recoveries.markAsked(...mark);
          await reach("marked");
        },
        async endPage(...end) {
          await recoveries.endPage(...end);
          await reach("ended");
        },
      },
      deliveries: {
        ...deliveries,
        async begin(...key) {
          const row = await deliveries.begin(...key);
          await reach("begun");
          return row;
        },
        async record(attempt) {
          await deliveries.record(attempt);
          await reach("recorded");
        },
      },
    },
  };
}
