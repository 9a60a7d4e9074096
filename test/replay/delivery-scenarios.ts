// The deliveries, lanes and recoveries whose histories are recorded and replayed: each path through their workflows.
import type { EndpointSettings } from "../../src/model/endpoint.ts";
import type { Respond } from "../support/receiver.ts";

export type DeliveryScenario = {
  name: string;
  /** Of the endpoint, beside its URL and events. */
  settings: Partial<EndpointSettings>;
  respond: Respond;
  /** So many are published, one after the other. */
  events: number;
  /** The history of what is recorded: the retries of the first event's delivery, the endpoint's lane, a recovery. */
  recorded: "delivery" | "lane" | "recovery";
  /** Somebody asks for the delivery when it was given up, and the history is that of what was asked for. */
  retry?: true;
};

const failing =
  (count: number): Respond =>
  (_request, index) => ({ status: index < count ? 503 : 200 });
const often = { schedule: ["50ms", "50ms"], jitter: "none" } as const;
const retry = { ...often, schedule: [...often.schedule] };

export const deliveryScenarios: DeliveryScenario[] = [
  { name: "delivery-after-retries", settings: { retry }, respond: failing(2), events: 1, recorded: "delivery" },
  { name: "delivery-given-up", settings: { retry }, respond: failing(3), events: 1, recorded: "delivery" },
  // Its rate is used up by the first attempt: the second one is put off until there is another token.
  {
    name: "delivery-put-off-by-limits",
    settings: { retry, rateLimit: { max: 1, per: "3s" } },
    respond: failing(1),
    events: 1,
    recorded: "delivery",
  },
  {
    name: "delivery-by-hand",
    settings: { retry: "none" },
    respond: failing(1),
    events: 1,
    recorded: "delivery",
    retry: true,
  },
  // A failure in the middle: what is ordered waits for it in its lane.
  {
    name: "lane-drained",
    settings: { retry, order: "{{event.data.key}}" },
    respond: failing(1),
    events: 3,
    recorded: "lane",
  },
  {
    name: "lane-that-waits",
    settings: { rateLimit: { max: 2, per: "4s" } },
    respond: failing(0),
    events: 5,
    recorded: "lane",
  },
  { name: "deliveries-recovered", settings: { retry: "none" }, respond: failing(3), events: 3, recorded: "recovery" },
];
