// Alerts about endpoints that have still to be raised: they lie in the endpoint's row, written with what they tell of.
import type { AlertData } from "../model/endpoint-alert.ts";
import type { StatusReason } from "../model/endpoint.ts";
import type { EndpointId } from "../model/ids.ts";
import type { Collection } from "./database.ts";
import type { StoredEndpoint } from "./endpoint-row.ts";
import type { EndpointNotice } from "./endpoint-watch.ts";

/** Which notices there are, and how they go. */
export function createEndpointNotices(raw: Collection<StoredEndpoint>) {
  return {
    /** Endpoints with notices, of all tenants, those of the oldest notices first. */
    withNotice: (max: number): Promise<StoredEndpoint[]> =>
      raw
        .find({ "notices.at": { $exists: true } }, { hint: "endpointNotices", projection: { sealed: 0 } })
        .sort({ "notices.at": 1 })
        .limit(max)
        .toArray(),

    /** After its event was accepted. */
    async clearNotice(id: EndpointId, { type, at }: EndpointNotice): Promise<void> {
      await raw.updateOne({ _id: id }, { $pull: { notices: { type, at } } });
    },
  };
}

/**
 * The notice of a status that nobody typed in, for the change that sets it; nothing for one that somebody did. It is
 * written with the status: whoever disabled the endpoint, its owner hears of it.
 */
export function statusNotice(
  row: Pick<StoredEndpoint, "_id" | "url" | "name" | "health">,
  status: StoredEndpoint["status"],
  reason: StatusReason | null | undefined,
): EndpointNotice | undefined {
  if (status !== "disabled" || !reason || reason.code === "manual") return undefined;
  const { _id: id, url, name, health } = row;
  const data: AlertData = {
    endpoint: { id, url, ...(name === undefined ? {} : { name }) },
    code: reason.code,
    reason: reason.message,
    since: (health.failingSince ?? reason.at).toISOString(),
    consecutiveFailures: health.consecutiveFailures,
  };
  return { type: "endpoint.disabled", at: reason.at, data: JSON.stringify(data) };
}
