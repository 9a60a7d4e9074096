// Endpoints for tests of deliveries: made through the desk that the API uses, and their rows as the store has them.
import type { EndpointSettings } from "../../../src/model/endpoint.ts";
import { newId, type EndpointId, type TenantId } from "../../../src/model/ids.ts";
import type { StoredDelivery } from "../../../src/store/deliveries.ts";
import type { TestApp } from "../../support/app.ts";

export type MadeEndpoint = { endpoint: EndpointId; secret: string };

/** Makes an endpoint; fails the test when it is refused. */
export async function makeEndpoint(
  app: TestApp,
  settings: Partial<EndpointSettings> & Pick<EndpointSettings, "url" | "events"> & { secret?: string },
): Promise<MadeEndpoint> {
  const made = await app.endpoints?.create(await tenantOf(app), newId("ep"), settings);
  if (made?.outcome !== "made") throw new Error(`The endpoint was refused: ${JSON.stringify(made)}`);
  return { endpoint: made.endpoint.id, secret: made.secrets[0]?.secret ?? "" };
}

/** An endpoint's deliveries, oldest first. */
export async function deliveriesOf(app: TestApp, endpoint: EndpointId): Promise<StoredDelivery[]> {
  const tenant = await tenantOf(app);
  const page = await app.store.deliveries.list(tenant, { endpoint }, { limit: 1_000 });
  return [...page.items].reverse();
}

/** The tenant of the app's own key. */
export async function tenantOf(app: TestApp): Promise<TenantId> {
  return app.store.tenants.ensureBootstrap("default");
}
