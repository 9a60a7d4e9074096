// Which endpoint does an id mean? One system calls them `webhook_…`, everybody else `ep_…`: the rest is the same.
import type { EndpointId } from "../../model/ids.ts";

const webhookPrefix = "webhook_";

/** The endpoint's id, whichever of the two forms is given. What is neither finds nothing, as it should. */
export function endpointIdOf(given: string): EndpointId {
  // Whatever is no id finds nothing as one.
  return (given.startsWith(webhookPrefix) ? `ep_${given.slice(webhookPrefix.length)}` : given) as EndpointId;
}

/** The id of the same endpoint in the form `webhook_…`. */
export function webhookIdOf(id: EndpointId): string {
  return webhookPrefix + id.slice("ep_".length);
}
