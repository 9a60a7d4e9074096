// What does a test event of a type carry when nobody says?
import type { TenantId } from "../../model/ids.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import type { Store } from "../../store/store.ts";
import { galleryType } from "../event-type-gallery.ts";
import type { Dialect } from "./dialect.ts";

/** What a test carries when nothing is known of its type. */
const plain: JsonObject = { test: true };

/** The two types that `directory` generates data for; its other types get the plain test. */
const generated: { readonly [type: string]: JsonObject } = {
  "business.created": {
    id: "test_business_123",
    name: "Test Restaurant",
    category: "restaurant",
    address: { street: "123 Main St", city: "San Francisco", state: "CA", zip: "94105" },
    phone: "(555) 123-4567",
    website: "https://testrestaurant.com",
  },
  "review.created": {
    id: "test_review_456",
    business_id: "test_business_123",
    rating: 4,
    title: "Great experience!",
    content: "Had a wonderful time at this restaurant.",
    author: { name: "John Doe", verified: true },
  },
};

/** The example of the tenant's own catalogue, else the system's sample, else `{ "test": true }`. */
export async function sampleData(
  { eventTypes }: Pick<Store, "eventTypes">,
  tenantId: TenantId,
  type: string,
  dialect: Dialect,
): Promise<Json> {
  const known = await eventTypes.find(tenantId, type);
  if (known?.example !== undefined) return known.example;
  if (dialect === "directory") return generated[type] ?? plain;
  return galleryType(type, dialect)?.example ?? plain;
}

/** The type of a test event for an endpoint: the first that it names in full, so that the handler of that type is tried. */
export function testTypeOf(events: readonly string[]): string {
  return events.find((pattern) => !pattern.includes("*")) ?? "webhook.test";
}
