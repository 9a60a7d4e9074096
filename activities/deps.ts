// What the activities need of the house, and how they get at an event that travels by reference.
import { ApplicationFailure } from "@temporalio/activity";
import type { Executor } from "../src/connector/executor.ts";
import type { SigningSecrets } from "../src/connector/signing-secrets.ts";
import type { Log } from "../src/log.ts";
import type { CarriedEvent, Event } from "../src/model/event.ts";
import type { RunId, TenantId } from "../src/model/ids.ts";
import { eventOf } from "../src/store/events.ts";
import type { Store } from "../src/store/store.ts";

export type ActivityDeps = {
  store: Pick<Store, "bulkRefusals" | "bulkRetries" | "bulkTurns" | "events" | "flows" | "runs" | "steps">;
  executor: Executor;
  signingSecrets: Pick<SigningSecrets, "current">;
  log: Log;
};

/** What every activity of a run is told. */
export type RunContext = { tenantId: TenantId; runId: RunId; event: CarriedEvent };

/** The event with its data: as carried, or from the store. Fails for good when the stored event is gone. */
export async function wholeEvent(store: ActivityDeps["store"], context: RunContext): Promise<Event> {
  const { editedIn, ...event } = context.event;
  if (event.dataText !== undefined) return { ...event, dataText: event.dataText };
  if (editedIn !== undefined) {
    const dataText = await store.runs.editedData(context.tenantId, editedIn);
    if (dataText !== undefined) return { ...event, dataText };
    throw ApplicationFailure.nonRetryable(`The edited data of ${editedIn} is no longer stored.`, "permanent");
  }
  const stored = await store.events.find(context.tenantId, event.id);
  if (!stored) {
    throw ApplicationFailure.nonRetryable(`The event ${event.id} is no longer stored.`, "permanent");
  }
  return eventOf(stored);
}
