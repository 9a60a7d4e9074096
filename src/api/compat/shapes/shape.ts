// What does a system need to know of an endpoint to show it in its own words?
import type { Endpoint } from "../../../model/endpoint.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { RetryPolicy } from "../../../model/retry.ts";
import { filtersOf } from "../filters.ts";
import { retryConfigOf } from "../retries.ts";

export type ShownEndpoint = {
  endpoint: Endpoint;
  /** Where this API is reached: without a slash at its end. */
  baseUrl: string;
  /** The retry policy in force: its own, or the profile's. */
  policy: RetryPolicy;
  /** The time limit of an attempt in force, in milliseconds. */
  timeoutMs: number;
  /** The secret, in the one answer that may show it. */
  secret?: string;
  counters?: { total: number; failed: number; lastAt?: Date };
};

/** The members that the systems without a word of their own for them share. */
export function commonMembers({ endpoint, policy }: ShownEndpoint): JsonObject {
  const filters = filtersOf(endpoint.filter);
  return {
    ...(endpoint.name === undefined ? {} : { name: endpoint.name }),
    ...(endpoint.description === undefined ? {} : { description: endpoint.description }),
    ...(endpoint.headers === undefined ? {} : { headers: endpoint.headers }),
    // Filters are plain JSON.
    ...(filters === undefined ? {} : { filters: filters as unknown as JsonObject[] }),
    retryConfig: retryConfigOf(policy),
  };
}

/** Whether it gets deliveries now. */
export function isActive({ status }: Endpoint): boolean {
  return status === "enabled";
}
