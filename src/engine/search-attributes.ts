// What Temporal's lists can be searched by. Set once, when a run starts: each upsert would cost an event and a write.
import { defineSearchAttributeKey, type SearchAttributePair } from "@temporalio/common";
import type { CarriedEvent } from "../model/event.ts";
import type { TenantId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";

export const searchAttributeKeys = {
  tenant: defineSearchAttributeKey("MillraceTenant", "KEYWORD"),
  flow: defineSearchAttributeKey("MillraceFlow", "KEYWORD"),
  version: defineSearchAttributeKey("MillraceVersion", "INT"),
  eventType: defineSearchAttributeKey("MillraceEventType", "KEYWORD"),
};

/** The search attributes of a run: its tenant, the flow's slug and version, and the event's type. */
export function searchAttributesOf(tenantId: TenantId, plan: Plan, event: CarriedEvent): SearchAttributePair[] {
  return [
    { key: searchAttributeKeys.tenant, value: tenantId },
    { key: searchAttributeKeys.flow, value: plan.flow.slug },
    { key: searchAttributeKeys.version, value: plan.flow.version },
    { key: searchAttributeKeys.eventType, value: event.type },
  ];
}
