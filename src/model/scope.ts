// Scopes: what an API key may do. Every route names one.

export const scopes = [
  "events:write",
  "events:read",
  "event-types:read",
  "event-types:write",
  "flows:read",
  "flows:write",
  "flows:publish",
  "runs:read",
  "runs:execute",
  "endpoints:read",
  "endpoints:write",
  "deliveries:read",
  "deliveries:execute",
  "stats:read",
  "metrics:read",
  "connections:read",
  "connections:write",
  "templates:read",
  "templates:write",
  "secrets:reveal",
  "secrets:rotate",
  "keys:read",
  "keys:write",
] as const;

export type Scope = (typeof scopes)[number];
