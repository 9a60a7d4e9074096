// Deliveries as the API shows them, once they stand as a test expects.
import type { DeliveryRowView } from "../../../src/model/delivery-schema.ts";
import type { DeliveryId, EndpointId } from "../../../src/model/ids.ts";
import type { TestApp } from "../../support/app.ts";
import type { Received } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";
import { deliveriesOf } from "./endpoints.ts";

/** One delivery with whole bodies. */
export async function readDelivery(app: TestApp, id: DeliveryId): Promise<DeliveryRowView> {
  return (await app.call<DeliveryRowView>("GET", `/v1/deliveries/${id}`)).body;
}

/** An endpoint's only delivery, or its newest, once it has this status; fails the test when it does not get there. */
export async function deliveryWith(
  app: TestApp,
  endpoint: EndpointId,
  status: string,
  limitMs = 20_000,
): Promise<DeliveryRowView> {
  const newest = async () => (await deliveriesOf(app, endpoint)).at(-1);
  await until(async () => (await newest())?.status === status, limitMs).catch(() => undefined);
  const row = await newest();
  if (row?.status !== status) throw new Error(`The delivery is not ${status}: ${JSON.stringify(row)}`);
  return readDelivery(app, row._id);
}

/** The headers of a request, as verifiers take them. */
export function headersOf(request: Received | undefined): Record<string, string> {
  if (request === undefined) throw new Error("Nothing was received.");
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

let types = 0;

/** An event type that no other test of this run uses. */
export function newType(): string {
  return `case${++types}.happened`;
}
