// Whose language does a request speak? Five systems' subscription APIs share three paths.

/** The systems whose subscription APIs are reproduced; each is the name of its delivery profile too. */
export const dialects = ["bakhmach", "hub", "brainsait", "directory", "aqio"] as const;
export type Dialect = (typeof dialects)[number];

/** What each path speaks unless something says otherwise. */
export const dialectByPath = {
  "/v1/webhooks": "bakhmach",
  "/api/webhooks": "hub",
  "/api/v1/webhooks": "brainsait",
} as const satisfies { [path: string]: Dialect };
export type WebhookPath = keyof typeof dialectByPath;
// The keys of that very object.
export const webhookPaths = Object.keys(dialectByPath) as WebhookPath[];

/** Members that one system alone has in what it is sent. */
const ownMembers: readonly (readonly [dialect: Dialect, members: readonly string[]])[] = [
  ["directory", ["endpointUrl", "userId"]],
  [
    "aqio",
    [
      "event_filters",
      "content_type",
      "timeout_seconds",
      "retry_count",
      "retry_delay_seconds",
      "is_active",
      "organization_id",
    ],
  ],
];

export type Speech = {
  path: WebhookPath;
  /** `?profile=`, or the member `profile` of the body. */
  asked?: string | undefined;
  /** The profile of the endpoint that is spoken of. */
  ofEndpoint?: string | undefined;
  /** The tenant's own setting. */
  ofTenant?: string | undefined;
  body?: object | undefined;
};

/**
 * The dialect of a request and its answer: the one that is asked for; else that of the endpoint that it speaks of; else
 * the tenant's; else that whose own members the body has; else the path's. Profiles of no system decide nothing.
 */
export function dialectOf({ path, asked, ofEndpoint, ofTenant, body = {} }: Speech): Dialect {
  const named = [asked, ofEndpoint, ofTenant].find(isDialect);
  if (named !== undefined) return named;
  const own = ownMembers.find(([, members]) => members.some((member) => Object.hasOwn(body, member)));
  return own?.[0] ?? dialectByPath[path];
}

export function isDialect(profile: string | undefined): profile is Dialect {
  return dialects.some((one) => one === profile);
}

/** Whether an address (a path, with or without a query) belongs to the APIs that are reproduced. */
export function isCompatPath(address: string): boolean {
  return /^\/(v1\/webhooks|api)(?=[/?]|$)/.test(address);
}
