// The store: every collection over one connection.
import { createApiKeyStore } from "./api-keys.ts";
import { createBlobStore } from "./blobs.ts";
import { createBulkCandidates } from "./bulk-candidates.ts";
import { createBulkRefusalStore, createRecoveryRefusalStore } from "./bulk-refusals.ts";
import { createBulkRetryStore } from "./bulk-retries.ts";
import { createBulkTurnStore } from "./bulk-turns.ts";
import { createConnectionStore } from "./connections.ts";
import { connectDatabase, type Database } from "./database.ts";
import { createDeliveryStore } from "./deliveries.ts";
import { createDeliveryBodyStore } from "./delivery-bodies.ts";
import { createDeliveryBodyHeads } from "./delivery-body-heads.ts";
import { createDeliveryLanes } from "./delivery-lanes.ts";
import { createDeliveryLists } from "./delivery-lists.ts";
import { createBodyRetention, createDeliveryRetention } from "./delivery-retention.ts";
import { createDeliveryStatsStore } from "./delivery-stats.ts";
import { createEndpointHealthStore } from "./endpoint-health.ts";
import { createEndpointStore } from "./endpoints.ts";
import { createEventTypeStore } from "./event-types.ts";
import { createEventStore } from "./events.ts";
import { createFanOut } from "./fan-out.ts";
import { createFlowStore } from "./flows.ts";
import { createIdempotencyStore } from "./idempotency.ts";
import { createInboxStore } from "./inbox.ts";
import { createLimitStore } from "./limits.ts";
import { createMissedEvents } from "./missed-events.ts";
import { createOutbox } from "./outbox.ts";
import { createProfileStore } from "./profiles.ts";
import { createRecoveryStore } from "./recoveries.ts";
import { createRunStore } from "./runs.ts";
import { createStepNotes } from "./step-notes.ts";
import { createStepStore } from "./steps.ts";
import { createTemplateStore } from "./templates.ts";
import { createTenantStore } from "./tenants.ts";

export type Store = Awaited<ReturnType<typeof openStore>>;

/** Connects, makes missing collections and indexes, and answers every collection's queries. */
export async function openStore(uri: string, options: { database?: string } = {}) {
  const database: Database = await connectDatabase(uri, options);
  const store = {
    tenants: createTenantStore(database),
    apiKeys: createApiKeyStore(database),
    events: {
      ...createEventStore(database),
      ...createOutbox(database),
      ...createFanOut(database),
      ...createMissedEvents(database),
    },
    eventTypes: createEventTypeStore(database),
    flows: createFlowStore(database),
    runs: { ...createRunStore(database), ...createBulkCandidates(database) },
    bulkRetries: createBulkRetryStore(database),
    bulkTurns: createBulkTurnStore(database),
    bulkRefusals: createBulkRefusalStore(database),
    recoveries: createRecoveryStore(database),
    recoveryRefusals: createRecoveryRefusalStore(database),
    connections: createConnectionStore(database),
    endpoints: createEndpointStore(database),
    endpointHealth: createEndpointHealthStore(database),
    deliveryStats: createDeliveryStatsStore(database),
    deliveries: {
      ...createDeliveryStore(database),
      ...createDeliveryLanes(database),
      ...createDeliveryLists(database),
      ...createDeliveryRetention(database),
    },
    deliveryBodies: {
      ...createDeliveryBodyStore(database),
      ...createDeliveryBodyHeads(database),
      ...createBodyRetention(database),
    },
    profiles: createProfileStore(database),
    steps: { ...createStepStore(database), ...createStepNotes(database) },
    templates: createTemplateStore(database),
    inbox: createInboxStore(database),
    limits: createLimitStore(database),
    blobs: createBlobStore(database),
    idempotency: createIdempotencyStore(database),
  };
  await Promise.all(Object.values(store).map((collection) => collection.init()));
  return { ...store, nowMs: database.nowMs, ping: database.ping, close: database.close };
}
