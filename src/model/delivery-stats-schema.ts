// Figures of deliveries as the API shows them.
import { deliveryFailureClasses } from "./delivery.ts";
import type { DeliveryFigures } from "./delivery-stats.ts";
import type { JsonSchema } from "./json.ts";

const count = (description: string): JsonSchema => ({ type: "integer", minimum: 0, description });
const share = (description: string): JsonSchema => ({ type: "number", minimum: 0, maximum: 1, description });
const ms = (description: string): JsonSchema => ({ type: "number", minimum: 0, description });

/** Every figure, and what it means. */
export const figureProperties: { readonly [figure in keyof DeliveryFigures]-?: JsonSchema } = {
  attempts: count("Requests that were made, retries among them. Tests are not counted."),
  deliveries: count("Deliveries that have ended: delivered, failed or rejected."),
  delivered: count("Deliveries that the receiver took."),
  failed: count("Deliveries whose policy was used up."),
  rejected: count("Deliveries that the receiver refused for good."),
  successRate: share("Share of the deliveries that have ended which were delivered; absent where none has."),
  failedAttempts: count("Attempts that failed."),
  availability: share("Share of attempts in which the endpoint was there: no failure of network, time or server."),
  averageMs: ms("Average time of an answer, whatever its status; absent where there was none."),
  p50Ms: ms("Half of the answers took no longer."),
  p95Ms: ms("Of a hundred answers, 95 took no longer."),
  retries: count("Attempts beyond the first of their delivery."),
  retryRate: share("Share of attempts that are retries."),
  rateLimitHits: count("How often a delivery had to wait for its endpoint's rate."),
  byClass: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(deliveryFailureClasses.map((name) => [name, { type: "integer", minimum: 1 }])),
    description: "Failed attempts by failure class.",
  },
};

const required = Object.keys(figureProperties).filter((name) => !/Rate$|Ms$|^availability$/.test(name));

/** Figures, with further members beside them. */
export function figuresSchema(title: string, beside: { [name: string]: JsonSchema } = {}): JsonSchema {
  return {
    title,
    type: "object",
    additionalProperties: false,
    required: [...Object.keys(beside), ...required],
    properties: { ...beside, ...figureProperties },
  };
}
