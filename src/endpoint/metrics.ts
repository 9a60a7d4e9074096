// Metrics for Prometheus: what this process has done since its start, and how much of everybody's work waits.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryObserver } from "./observer.ts";

export type Metrics = {
  /** An attempt that is no test has ended. */
  attempted(seen: Parameters<DeliveryObserver["attempted"]>[0]): void;
  /** A delivery has to wait for its endpoint's rate. */
  limited(): void;
  /** An event was accepted for the first time. */
  accepted(): void;
  /** The data of a published event does not fit the schema of its type. */
  unfit(mode: "warn" | "reject"): void;
  /** A request to the API was answered. `route`: its path with the names of its parameters. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  /** Who knows how many attempts are under way in this process. */
  followInFlight(count: () => number): void;
  contentType: string;
  /** Everything in Prometheus's text format. Rejects never: what cannot be found out at the moment is left out. */
  text(): Promise<string>;
};

/** Upper bounds, in seconds. */
const deliverySeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const requestSeconds = [0.005, 0.025, 0.1, 0.5, 2.5, 10];

/**
 * Metrics with a registry of their own, so that two apps in one process do not mix. They have no label for tenants,
 * endpoints or event types: each value of a label is a series that Prometheus keeps, and there are as many of those as
 * customers. `/v1/stats` tells them apart.
 */
export function createMetrics(deps: { store: Pick<Store, "events" | "endpointHealth">; log: Log }): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const deliveries = createDeliveryMetrics(register);
  const accepted = new Counter({
    name: "millrace_events_accepted_total",
    help: "Events accepted by this process; repeats are not counted.",
    registers: [register],
  });
  const unfit = new Counter({
    name: "millrace_events_unfit_total",
    help: "Published events whose data does not fit the schema of their type, by what the type says: warn or reject.",
    labelNames: ["mode"],
    registers: [register],
  });
  const requests = new Histogram({
    name: "millrace_http_request_duration_seconds",
    help: "Time until a request to the API was answered.",
    labelNames: ["method", "route", "status"],
    buckets: requestSeconds,
    registers: [register],
  });
  const inFlight = new Gauge({
    name: "millrace_deliveries_in_flight",
    help: "Attempts under way in this process.",
    registers: [register],
  });
  let countInFlight = (): number => 0;
  const collect = createCollector(deps, register);
  return {
    ...deliveries,
    accepted: () => accepted.inc(),
    unfit: (mode) => unfit.inc({ mode }),
    answered({ method, route, status, seconds }) {
      requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds);
    },
    followInFlight: (count) => void (countInFlight = count),
    contentType: register.contentType,
    async text() {
      inFlight.set(countInFlight());
      await collect();
      return register.metrics();
    },
  };
}

function createDeliveryMetrics(register: Registry): Pick<Metrics, "attempted" | "limited"> {
  const registers = [register];
  const attempts = new Counter({
    name: "millrace_delivery_attempts_total",
    help: "Attempts that have ended, by outcome and failure class; tests are not counted.",
    labelNames: ["outcome", "class"],
    registers,
  });
  const duration = new Histogram({
    name: "millrace_delivery_duration_seconds",
    help: "Time of an attempt that got an answer.",
    buckets: deliverySeconds,
    registers,
  });
  const ended = new Counter({
    name: "millrace_deliveries_total",
    help: "Deliveries that have ended, by status.",
    labelNames: ["status"],
    registers,
  });
  const retries = new Counter({
    name: "millrace_delivery_retries_total",
    help: "Attempts beyond the first of their delivery.",
    registers,
  });
  const limited = new Counter({
    name: "millrace_rate_limited_total",
    help: "How often a delivery had to wait for its endpoint's rate.",
    registers,
  });
  // Looked up once: making the key of the labels costs more than counting.
  const succeeded = attempts.labels({ outcome: "succeeded", class: "" });
  const delivered = ended.labels({ status: "delivered" });
  return {
    attempted({ attempt, next, deliveries = 1 }) {
      if (attempt.class === undefined) succeeded.inc();
      else attempts.inc({ outcome: "failed", class: attempt.class });
      if (attempt.status !== undefined) duration.observe(attempt.durationMs / 1_000);
      if (attempt.number > 1) retries.inc();
      if (next.status === "delivered") delivered.inc(deliveries);
      else if (next.status !== "pending") ended.inc({ status: next.status }, deliveries);
    },
    limited: () => limited.inc(),
  };
}

/** What the store says is as good as new for this long, in milliseconds: several scrapers cost one look. */
const freshMs = 2_000;
/** Longest that a scrape waits for the store, in milliseconds. */
const waitMs = 2_000;

/** Gauges of what waits in the store: the same in each process, so of several the maximum is the truth, not the sum. */
function createCollector({ store, log }: Parameters<typeof createMetrics>[0], register: Registry) {
  const registers = [register];
  const waiting = new Gauge({
    name: "millrace_outbox_events",
    help: "Accepted events that have still to start runs or to be sent, over all processes. Counts to 100 000.",
    labelNames: ["outbox"],
    registers,
  });
  const oldest = new Gauge({
    name: "millrace_outbox_oldest_seconds",
    help: "Age of the event that has waited for longest in an outbox.",
    labelNames: ["outbox"],
    registers,
  });
  const open = new Gauge({
    name: "millrace_breakers_open",
    help: "Endpoints whose deliveries are parked because their breaker is open, over all processes.",
    registers,
  });
  const look = async (): Promise<void> => {
    const [runs, deliveries, breakers] = await Promise.all([
      store.events.backlog(),
      store.events.fanOutBacklog(),
      store.endpointHealth.open(),
    ]);
    for (const [outbox, backlog] of Object.entries({ runs, deliveries })) {
      waiting.set({ outbox }, backlog.pending);
      oldest.set({ outbox }, backlog.oldest === undefined ? 0 : (Date.now() - backlog.oldest.getTime()) / 1_000);
    }
    open.set(breakers);
  };
  let lookedAtMs = 0;
  return async (): Promise<void> => {
    if (Date.now() - lookedAtMs < freshMs) return;
    lookedAtMs = Date.now();
    try {
      await within(look(), waitMs);
    } catch (err) {
      // What was true a while ago would be taken for what is true now.
      for (const gauge of [waiting, oldest]) gauge.reset();
      open.remove();
      log.debug({ err }, "the store does not say at the moment what waits");
    }
  };
}

async function within(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("No answer in time.")), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
