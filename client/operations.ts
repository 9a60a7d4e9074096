// What does each route take and answer? Made from the OpenAPI document by `npm run client`: changes here are lost.
/* oxlint-disable max-lines -- as long as the API is large. */

export type Publish = {
  /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
  type: string;
  /** What happened: any JSON. */
  data: unknown;
  /** The sender's own id, 1 to 128 visible ASCII characters: the same id is accepted once. */
  id?: string;
  /** When it happened: RFC 3339 with a zone. */
  occurredAt?: string;
  /** Who says so: a name or URI without control characters. */
  source?: string;
};

export type Accepted = {
  /** The sender's id, or one of ours. */
  id: string;
  /** How many flows it started. */
  matched: number;
  runs: string[];
  deliveries: number;
  /** The id was accepted before: nothing new was started. */
  duplicate: boolean;
  /** What of the data does not fit the schema of its event type, where the type's `mode` is `warn`. */
  warnings?: Finding[];
};

export type Finding = {
  /** Where: a JSON pointer into the request's body (RFC 6901). */
  pointer: string;
  /** Which rule: `required`, `unknown`, `type`, … */
  code: string;
  /** What is wrong, in a sentence. */
  message: string;
  /** What to write instead, where it can be guessed. */
  suggestion?: string;
};

export type EventRow = {
  id: string;
  type: string;
  source?: string;
  occurredAt: string;
  receivedAt: string;
  /** `pending` until every run of it has started; `parked` when one could not be started for good. */
  state: "pending" | "done" | "parked";
  matched: number;
  runs: string[];
};

export type EventView = {
  id: string;
  type: string;
  source?: string;
  occurredAt: string;
  receivedAt: string;
  /** `pending` until every run of it has started; `parked` when one could not be started for good. */
  state: "pending" | "done" | "parked";
  matched: number;
  runs: string[];
  /** As it was published, to the byte. */
  data: unknown;
  targets: {
    flow: {
      id: string;
      slug: string;
      name?: string;
    };
    version: number;
    run: {
      id: string;
    };
    state: "pending" | "started" | "parked" | "cancelled";
  }[];
  /** How many deliveries to endpoints there are, and how they stand. */
  deliveries: {
    total: number;
    pending: number;
    delivered: number;
    failed: number;
    rejected: number;
    skipped: number;
    cancelled: number;
  };
  /** Flows that listen to this type and whose filter said no, with the condition that did. */
  notMatched: {
    flow: {
      id: string;
      slug: string;
      name?: string;
    };
    version: number;
    /** JSON pointer into the flow. */
    condition: string;
  }[];
};

export type GalleryEventType = {
  /** The system's profile. */
  system: string;
  name: string;
  description: string;
  schema: { [name: string]: unknown } | null;
  example: unknown;
};

export type EventType = {
  id: string;
  /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
  name: string;
  /** The name's first segment. */
  group: string;
  description: string;
  schema: { [name: string]: unknown } | null;
  /** Absent when there is none. */
  example?: unknown;
  mode: "off" | "warn" | "reject";
  retired: boolean;
  createdAt: string;
  updatedAt: string;
};

export type EventTypeDraft = {
  /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
  name: string;
  description?: string;
  /** What `data` looks like: JSON Schema 2020-12, within bounds. */
  schema?: { [name: string]: unknown };
  /** What `data` may be. It has to fit the schema. */
  example?: unknown;
  /** What becomes of a published event whose data does not fit the schema: nothing, a warning in the answer, or 422. */
  mode?: "off" | "warn" | "reject";
  /** Events of this type are no longer sent. */
  retired?: boolean;
};

export type EventTypeChange = {
  /** The same as in the address; it stays. */
  name?: string;
  description?: string;
  /** What `data` looks like: JSON Schema 2020-12, within bounds. */
  schema?: { [name: string]: unknown };
  /** What `data` may be. It has to fit the schema. */
  example?: unknown;
  /** What becomes of a published event whose data does not fit the schema: nothing, a warning in the answer, or 422. */
  mode?: "off" | "warn" | "reject";
  /** Events of this type are no longer sent. */
  retired?: boolean;
};

export type Simulation = {
  /** Your own data, in place of what is made. */
  data?: unknown;
  /** `false`: the event is only shown. */
  publish?: boolean;
  /** `true`: it goes where every event goes; without it to endpoints in test mode alone. */
  live?: boolean;
  /** Whose sample of the gallery it is, when several systems have the type. */
  system?: "aqio" | "bakhmach" | "brainsait" | "directory" | "hub";
};

export type Simulated = {
  event: {
    id: string;
    /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
    type: string;
    data: unknown;
  };
  /** Where the data is from; `placeholder` when nothing is known of the type. */
  from: "given" | "example" | "schema" | "gallery" | "placeholder";
  published: boolean;
  /** How many endpoints get it. */
  deliveries: number;
  /** The runs of flows that it started. */
  runs: string[];
};

export type Flow = {
  schemaVersion?: 1;
  name: string;
  /** Lower-case letters and digits in words parted by `-`, 64 at most. */
  slug?: string;
  description?: string;
  on: FlowTrigger | FlowTrigger[];
  filter?: FlowCondition;
  steps: FlowSteps;
  onFailure?: FlowSteps;
  /** Values; without it the flow's output is that of the last step that ran. */
  output?: unknown;
  /** Of the whole run: a whole number and a unit, like `2h`. */
  timeout?: string;
  tests?: {
    name: string;
    event: {
      /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
      type: string;
      data: unknown;
      id?: string;
    };
    /** By step path: an output, `{ $fail: … }`, or `{ $attempts: […] }`. */
    mocks?: { [name: string]: unknown };
    expect: {
      matched?: boolean;
      ran?: string[];
      status?: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
      output?: unknown;
    };
  }[];
};

export type FlowTrigger = {
  event: string | string[];
};

/** JSON Logic, a simple filter, or a list of simple filters that must all hold. */
export type FlowCondition = boolean | FlowSimpleFilter | { [name: string]: unknown } | FlowSimpleFilter[];

export type FlowSimpleFilter = {
  field: string;
  operator: "equals" | "contains" | "in" | "exists";
  value?: unknown;
};

export type FlowSteps = FlowStep[];

export type RetryPolicy =
  | "quick"
  | "standard"
  | "day"
  | "none"
  | {
      /** One delay for each retry. */
      schedule: string[];
      /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
      jitter?: "none" | "full" | number;
      /** Only these failures are retried. */
      on?: string[];
      /** These failures are never retried. Wins over `on`. */
      never?: string[];
      /** No retry starts later than this after the first attempt, like `30h`. */
      within?: string;
    }
  | {
      /** Tries in all. */
      attempts: number;
      /** The delay before the first retry: a whole number and a unit, like `5s`. */
      first?: string;
      /** Each delay is this many times the last. */
      factor?: number;
      /** No delay is longer than this: a whole number and a unit, like `1h`. */
      max?: string;
      /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
      jitter?: "none" | "full" | number;
      /** Only these failures are retried. */
      on?: string[];
      /** These failures are never retried. Wins over `on`. */
      never?: string[];
      /** No retry starts later than this after the first attempt, like `30h`. */
      within?: string;
    };

export type FlowStep =
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      /** A connector and one of its actions, like `slack.postMessage`. */
      use: string;
      /** Slug or id of a connection. */
      connection?: string;
      /** What the action is given. Text leaves may be templates. */
      with?: { [name: string]: unknown };
      retry?: RetryPolicy;
      /** Of one attempt: a whole number and a unit, like `30s`, `5m` at most. */
      timeout?: string;
      expect?: FlowCondition;
      /** When it is not known whether the action has happened: `fail` and ask a person, or `repeat` it. */
      onAmbiguous?: "fail" | "repeat";
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      set: { [name: string]: unknown };
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      filter: FlowCondition;
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      choose: FlowBranch[];
      mode?: "first" | "all";
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      stop: "succeeded" | "failed";
      reason?:
        | string
        | {
            $template: string;
          };
    };

export type FlowBranch =
  | {
      else: FlowSteps;
    }
  | {
      when: FlowCondition;
      steps: FlowSteps;
    };

export type FlowView = {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  publishedVersion: number | null;
  triggers: {
    type: string;
    url?: string;
  }[];
  createdAt: string;
  updatedAt: string;
  draft: Flow;
  /** What publishing would refuse. */
  problems: Finding[];
};

export type FlowRow = {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  publishedVersion: number | null;
  triggers: {
    type: string;
    url?: string;
  }[];
  createdAt: string;
  updatedAt: string;
};

export type BulkRequest = {
  /** Which runs. An empty one stands for every failed run. */
  filter?: {
    /** Id or slug of a flow. */
    flow?: string;
    /** The version of the flow that the runs were carried out under. */
    version?: number;
    /** How the runs ended. */
    status?: "failed" | "cancelled" | "succeeded" | "filtered";
    eventType?: string;
    /** Id of an event. */
    event?: string;
    /** Path of a step. */
    failedStep?: string;
    errorClass?:
      | "network"
      | "timeout"
      | "rate_limited"
      | "transient"
      | "expectation"
      | "quota_exhausted"
      | "ambiguous"
      | "validation"
      | "auth_revoked"
      | "permission"
      | "not_found"
      | "conflict"
      | "permanent"
      | "blocked"
      | "template"
      | "limit"
      | "filter"
      | "stopped"
      | "cancelled"
      | "start"
      | "internal";
    /** Only runs made at this time or later. */
    since?: string;
    /** Only runs made before this time. */
    until?: string;
  };
  /** Which runs, by id: in place of `filter`. */
  runs?: string[];
  /** Where each of them begins: `failed` (the default), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered. */
  from?: string;
  /** The version of the flow: that of each run (the default), or the newest published one. */
  version?: "same" | "newest";
  /** How many runs are made a second at most. */
  perSecond?: number;
  /** Only counts the runs: nothing is made. */
  dryRun?: boolean;
};

export type BulkRetry = {
  id: string;
  /** `succeeded`: every run has had its turn. How the new runs end stands in `outcomes`. */
  status: "running" | "succeeded" | "failed" | "cancelled";
  /** Which runs. An empty one stands for every failed run. */
  filter?: {
    /** Id or slug of a flow. */
    flow?: string;
    /** The version of the flow that the runs were carried out under. */
    version?: number;
    /** How the runs ended. */
    status?: "failed" | "cancelled" | "succeeded" | "filtered";
    eventType?: string;
    /** Id of an event. */
    event?: string;
    /** Path of a step. */
    failedStep?: string;
    errorClass?:
      | "network"
      | "timeout"
      | "rate_limited"
      | "transient"
      | "expectation"
      | "quota_exhausted"
      | "ambiguous"
      | "validation"
      | "auth_revoked"
      | "permission"
      | "not_found"
      | "conflict"
      | "permanent"
      | "blocked"
      | "template"
      | "limit"
      | "filter"
      | "stopped"
      | "cancelled"
      | "start"
      | "internal";
    /** Only runs made at this time or later. */
    since?: string;
    /** Only runs made before this time. */
    until?: string;
  };
  /** The runs that were named, oldest first. */
  runs?: string[];
  from?: string;
  version: "same" | "newest";
  perSecond: number;
  progress: {
    /** Runs that have had their turn. */
    done: number;
    /** Runs that matched at the creation; all that had their turn, once it has ended. */
    total: number;
    /** There were more than could be counted: `total` is the least. */
    capped?: boolean;
  };
  /** New runs that were made. */
  retried: number;
  /** Runs that were not retried; `errors` says why. */
  refused: number;
  /** The first hundred; `…/errors` has all of them. */
  errors?: BulkRefusal[];
  /** How the new runs stand. */
  outcomes?: {
    succeeded: number;
    failed: number;
    filtered: number;
    cancelled: number;
    open: number;
  };
  /** New runs that failed, the first hundred. */
  failedAgain?: {
    run: string;
    retryOf: string;
    error?: Failure;
  }[];
  createdAt: string;
  stopRequestedAt?: string;
  endedAt?: string;
  /** Why it failed as a whole. */
  error?: {
    code: string;
    message: string;
  };
};

export type BulkRefusal = {
  /** The run that was not retried. */
  run: string;
  /** A code of the error catalogue. */
  code: string;
  /** Why. */
  message: string;
};

export type Failure = {
  class:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "filter"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  /** A stable, finer word: `dns`, `refused`, `http_503`, … */
  code: string;
  /** One sentence that a person can act on. */
  message: string;
  /** The HTTP status, where there was an answer. */
  status?: number;
};

export type Run = {
  id: string;
  flow: {
    id: string;
    slug: string;
    name: string;
  };
  version: number;
  status: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
  event: {
    id: string;
    type: string;
  };
  createdAt?: string;
  startedAt?: string;
  endedAt?: string;
  durationMs?: number;
  /** The path of the step that failed. */
  failedStep?: string;
  error?: Failure;
  /** The flow's `output`, or that of the last step that ran. */
  output?: unknown;
  cancelRequestedAt?: string;
  /** Absent for runs that an event started. */
  origin?: "retry" | "replay";
  /** The run that this one repeats. */
  retryOf?: string;
  /** The runs that repeat this one, oldest first. */
  retriedBy?: string[];
  /** What the run was asked for again with. */
  retry?: {
    /** `failed`, `start`, or the path of a step. */
    from: string;
    /** The event's data is not what was published. */
    eventEdited: boolean;
    /** Paths of the steps with an edited input. */
    inputs: string[];
  };
  /** The run in Temporal's own UI. */
  temporalUrl?: string;
};

export type Step = {
  /** Where it stands in the flow: `tell`, `route[0].send`. */
  path: string;
  id: string;
  use?: string;
  name?: string;
  status: "pending" | "running" | "waiting" | "succeeded" | "failed" | "skipped" | "kept" | "cancelled";
  /** What the action was given, rendered, with secrets replaced. */
  input?: unknown;
  output?: unknown;
  error?: Failure;
  startedAt?: string;
  endedAt?: string;
  attempts: Attempt[];
  /** Of a kept step: the run in which it really happened, and how it ended there. `passed`: nobody knows whether it took effect, and the retry was asked for from behind it. */
  keptFrom?: {
    run: string;
    status: "succeeded" | "failed" | "skipped" | "passed";
  };
};

export type Attempt = {
  number: number;
  trigger: "first" | "automatic" | "manual" | "recovery" | "test";
  startedAt: string;
  durationMs: number;
  /** Milliseconds of each phase; absent phases did not happen. */
  phases: {
    dns?: number;
    connect?: number;
    tls?: number;
    firstByte?: number;
    total: number;
  };
  outcome: "succeeded" | "failed";
  class?:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "filter"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  message?: string;
  /** As sent, with secrets replaced. */
  request?: {
    method: string;
    url: string;
    headers: { [name: string]: string };
    body: string;
  };
  response?: {
    status: number;
    headers: { [name: string]: string };
    body: string;
    /** The body was longer than what is kept. */
    truncated: boolean;
  };
  nextAttemptAt?: string;
};

export type RetryDeliveries = {
  /** Which deliveries. An empty one stands for every one that was given up. */
  filter: {
    /** Id of an endpoint. */
    endpoint?: string;
    /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
    eventType?: string;
    /** When absent: `failed` and `rejected`. */
    status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
    /** Why the last attempt failed. */
    class?:
      | "network"
      | "timeout"
      | "rate_limited"
      | "transient"
      | "expectation"
      | "quota_exhausted"
      | "ambiguous"
      | "validation"
      | "auth_revoked"
      | "permission"
      | "not_found"
      | "conflict"
      | "permanent"
      | "blocked"
      | "template"
      | "limit"
      | "filter"
      | "stopped"
      | "cancelled"
      | "start"
      | "internal";
    /** Only what came at this time or later. */
    since?: string;
    /** Only what came before this time. */
    until?: string;
  };
  /** How many deliveries are asked for a second at most. */
  perSecond?: number;
  /** Only counts the deliveries: nothing is made. */
  dryRun?: boolean;
};

export type DeliveryRecovery = {
  id: string;
  kind: "retry" | "recover" | "replay";
  /** `succeeded`: everything has had its turn. How the deliveries end stands in `outcomes`. */
  status: "running" | "succeeded" | "failed" | "cancelled";
  filter: {
    endpoint?: string;
    eventType?: string;
    statuses?: ("pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled")[];
    class?: string;
    since?: string;
    until?: string;
  };
  perSecond: number;
  /** In deliveries; of a replay, in events that were looked at. */
  progress: {
    done: number;
    total: number;
    /** There were more than could be counted: `total` is the least. */
    capped?: boolean;
  };
  /** Deliveries that were asked for. */
  retried: number;
  /** Deliveries that were not; `errors` says why. */
  refused: number;
  /** The first hundred; `…/errors` has all of them. */
  errors?: DeliveryRefusal[];
  /** How the deliveries stand that were asked for. */
  outcomes?: {
    pending: number;
    delivered: number;
    failed: number;
    rejected: number;
    skipped: number;
    cancelled: number;
  };
  createdAt: string;
  stopRequestedAt?: string;
  endedAt?: string;
  /** Why it failed as a whole. */
  error?: {
    code: string;
    message: string;
  };
};

export type DeliveryRefusal = {
  /** The delivery that was not made. */
  delivery: string;
  /** A code of the error catalogue. */
  code: string;
  /** Why. */
  message: string;
};

export type RecoverEndpoint = {
  /** Everything that did not arrive since this time, 30 days ago at most. */
  since: string;
  /** Only what came before this time. */
  until?: string;
  /** How many deliveries are asked for a second at most. */
  perSecond?: number;
  /** Only counts the deliveries: nothing is made. */
  dryRun?: boolean;
};

export type ReplayMissed = {
  /** Events that came at this time or later, 30 days ago at most. */
  since: string;
  /** Only what came before this time. */
  until?: string;
  /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
  eventType?: string;
  /** How many deliveries are asked for a second at most. */
  perSecond?: number;
};

export type Delivery = {
  id: string;
  endpoint: string;
  event: {
    id: string;
    type: string;
  };
  /** `pending`: it will be tried (again). `failed`: its policy is used up. `rejected`: the receiver refused it for good. `skipped`: the endpoint was disabled. `cancelled`: the endpoint was disabled or deleted in between, or somebody ended it. */
  status: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
  /** Why it ended without another attempt. */
  reason?: {
    code: string;
    message: string;
  };
  /** Why the last attempt failed. */
  class?:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "filter"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  attempts: DeliveryAttempt[];
  nextAttemptAt?: string;
  /** What keeps it from its turn. */
  waiting?: "limit" | "breaker" | "paused" | "order" | "batch";
  /** When its event came. */
  createdAt: string;
  endedAt?: string;
  test?: boolean;
};

export type DeliveryAttempt = {
  number: number;
  trigger: "first" | "automatic" | "manual" | "recovery" | "test";
  startedAt: string;
  durationMs: number;
  /** Milliseconds of each phase; absent phases did not happen. */
  phases: {
    dns?: number;
    connect?: number;
    tls?: number;
    firstByte?: number;
    total: number;
  };
  outcome: "succeeded" | "failed";
  class?:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "filter"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  message?: string;
  /** As sent, with secrets replaced; absent when nothing was sent, or when its time is over. */
  request?: {
    method: string;
    url: string;
    headers: { [name: string]: string };
    body: string;
    /** The body was longer than what lists show. */
    truncated?: boolean;
  };
  response?: {
    status: number;
    headers: { [name: string]: string };
    body: string;
    /** The body was longer than what is kept. */
    truncated: boolean;
  };
  nextAttemptAt?: string;
  /** What the receiver answered; stays when the bodies have ended. */
  status?: number;
  /** The batch that it was sent in. */
  batch?: string;
};

export type DeadLetter = {
  id: string;
  endpoint: string;
  event: {
    id: string;
    type: string;
  };
  status: "failed" | "rejected";
  /** Why it ended without another attempt. */
  reason?: {
    code: string;
    message: string;
  };
  /** Why the last attempt failed. */
  class?:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "filter"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  /** What the last attempt failed with. */
  message?: string;
  /** What the receiver answered last. */
  lastStatus?: number;
  lastAttemptAt?: string;
  /** How many were made. */
  attempts: number;
  /** When its event came. */
  createdAt: string;
  endedAt?: string;
};

export type DeliveryStats = {
  /** The beginning of the first bucket. */
  since: string;
  /** The end of the last bucket. */
  until: string;
  bucket: "minute" | "hour" | "day";
  totals: DeliveryFigures;
  /** Every bucket of the time, also those in which nothing happened. */
  buckets: DeliveryFiguresOfTime[];
  /** The 100 event types with the most attempts. */
  byType: DeliveryFiguresOfType[];
};

export type DeliveryFigures = {
  /** Requests that were made, retries among them. Tests are not counted. */
  attempts: number;
  /** Deliveries that have ended: delivered, failed or rejected. */
  deliveries: number;
  /** Deliveries that the receiver took. */
  delivered: number;
  /** Deliveries whose policy was used up. */
  failed: number;
  /** Deliveries that the receiver refused for good. */
  rejected: number;
  /** Share of the deliveries that have ended which were delivered; absent where none has. */
  successRate?: number;
  /** Attempts that failed. */
  failedAttempts: number;
  /** Share of attempts in which the endpoint was there: no failure of network, time or server. */
  availability?: number;
  /** Average time of an answer, whatever its status; absent where there was none. */
  averageMs?: number;
  /** Half of the answers took no longer. */
  p50Ms?: number;
  /** Of a hundred answers, 95 took no longer. */
  p95Ms?: number;
  /** Attempts beyond the first of their delivery. */
  retries: number;
  /** Share of attempts that are retries. */
  retryRate?: number;
  /** How often a delivery had to wait for its endpoint's rate. */
  rateLimitHits: number;
  /** Failed attempts by failure class. */
  byClass: {
    network?: number;
    timeout?: number;
    rate_limited?: number;
    transient?: number;
    expectation?: number;
    quota_exhausted?: number;
    ambiguous?: number;
    validation?: number;
    auth_revoked?: number;
    permission?: number;
    not_found?: number;
    conflict?: number;
    permanent?: number;
    blocked?: number;
    template?: number;
    limit?: number;
    filter?: number;
    stopped?: number;
    cancelled?: number;
    start?: number;
    internal?: number;
  };
};

export type DeliveryFiguresOfTime = {
  at: string;
  /** Requests that were made, retries among them. Tests are not counted. */
  attempts: number;
  /** Deliveries that have ended: delivered, failed or rejected. */
  deliveries: number;
  /** Deliveries that the receiver took. */
  delivered: number;
  /** Deliveries whose policy was used up. */
  failed: number;
  /** Deliveries that the receiver refused for good. */
  rejected: number;
  /** Share of the deliveries that have ended which were delivered; absent where none has. */
  successRate?: number;
  /** Attempts that failed. */
  failedAttempts: number;
  /** Share of attempts in which the endpoint was there: no failure of network, time or server. */
  availability?: number;
  /** Average time of an answer, whatever its status; absent where there was none. */
  averageMs?: number;
  /** Half of the answers took no longer. */
  p50Ms?: number;
  /** Of a hundred answers, 95 took no longer. */
  p95Ms?: number;
  /** Attempts beyond the first of their delivery. */
  retries: number;
  /** Share of attempts that are retries. */
  retryRate?: number;
  /** How often a delivery had to wait for its endpoint's rate. */
  rateLimitHits: number;
  /** Failed attempts by failure class. */
  byClass: {
    network?: number;
    timeout?: number;
    rate_limited?: number;
    transient?: number;
    expectation?: number;
    quota_exhausted?: number;
    ambiguous?: number;
    validation?: number;
    auth_revoked?: number;
    permission?: number;
    not_found?: number;
    conflict?: number;
    permanent?: number;
    blocked?: number;
    template?: number;
    limit?: number;
    filter?: number;
    stopped?: number;
    cancelled?: number;
    start?: number;
    internal?: number;
  };
};

export type DeliveryFiguresOfType = {
  eventType: string;
  /** Requests that were made, retries among them. Tests are not counted. */
  attempts: number;
  /** Deliveries that have ended: delivered, failed or rejected. */
  deliveries: number;
  /** Deliveries that the receiver took. */
  delivered: number;
  /** Deliveries whose policy was used up. */
  failed: number;
  /** Deliveries that the receiver refused for good. */
  rejected: number;
  /** Share of the deliveries that have ended which were delivered; absent where none has. */
  successRate?: number;
  /** Attempts that failed. */
  failedAttempts: number;
  /** Share of attempts in which the endpoint was there: no failure of network, time or server. */
  availability?: number;
  /** Average time of an answer, whatever its status; absent where there was none. */
  averageMs?: number;
  /** Half of the answers took no longer. */
  p50Ms?: number;
  /** Of a hundred answers, 95 took no longer. */
  p95Ms?: number;
  /** Attempts beyond the first of their delivery. */
  retries: number;
  /** Share of attempts that are retries. */
  retryRate?: number;
  /** How often a delivery had to wait for its endpoint's rate. */
  rateLimitHits: number;
  /** Failed attempts by failure class. */
  byClass: {
    network?: number;
    timeout?: number;
    rate_limited?: number;
    transient?: number;
    expectation?: number;
    quota_exhausted?: number;
    ambiguous?: number;
    validation?: number;
    auth_revoked?: number;
    permission?: number;
    not_found?: number;
    conflict?: number;
    permanent?: number;
    blocked?: number;
    template?: number;
    limit?: number;
    filter?: number;
    stopped?: number;
    cancelled?: number;
    start?: number;
    internal?: number;
  };
};

export type EndpointFigures = {
  endpoint: EndpointStanding;
  /** Requests that were made, retries among them. Tests are not counted. */
  attempts: number;
  /** Deliveries that have ended: delivered, failed or rejected. */
  deliveries: number;
  /** Deliveries that the receiver took. */
  delivered: number;
  /** Deliveries whose policy was used up. */
  failed: number;
  /** Deliveries that the receiver refused for good. */
  rejected: number;
  /** Share of the deliveries that have ended which were delivered; absent where none has. */
  successRate?: number;
  /** Attempts that failed. */
  failedAttempts: number;
  /** Share of attempts in which the endpoint was there: no failure of network, time or server. */
  availability?: number;
  /** Average time of an answer, whatever its status; absent where there was none. */
  averageMs?: number;
  /** Half of the answers took no longer. */
  p50Ms?: number;
  /** Of a hundred answers, 95 took no longer. */
  p95Ms?: number;
  /** Attempts beyond the first of their delivery. */
  retries: number;
  /** Share of attempts that are retries. */
  retryRate?: number;
  /** How often a delivery had to wait for its endpoint's rate. */
  rateLimitHits: number;
  /** Failed attempts by failure class. */
  byClass: {
    network?: number;
    timeout?: number;
    rate_limited?: number;
    transient?: number;
    expectation?: number;
    quota_exhausted?: number;
    ambiguous?: number;
    validation?: number;
    auth_revoked?: number;
    permission?: number;
    not_found?: number;
    conflict?: number;
    permanent?: number;
    blocked?: number;
    template?: number;
    limit?: number;
    filter?: number;
    stopped?: number;
    cancelled?: number;
    start?: number;
    internal?: number;
  };
};

export type EndpointStanding = {
  id: string;
  url: string;
  name?: string;
  status: "enabled" | "paused" | "disabled";
  /** Why it is paused or disabled. */
  statusReason?: { [name: string]: unknown };
  /** As the endpoint itself shows it. */
  health: { [name: string]: unknown };
};

export type EndpointStats = {
  endpoint: EndpointStanding;
  /** The beginning of the first bucket. */
  since: string;
  /** The end of the last bucket. */
  until: string;
  bucket: "minute" | "hour" | "day";
  totals: DeliveryFigures;
  /** Every bucket of the time, also those in which nothing happened. */
  buckets: DeliveryFiguresOfTime[];
  /** The 100 event types with the most attempts. */
  byType: DeliveryFiguresOfType[];
};

export type TemplateRow = {
  /** Null for a template that Millrace ships: it is read by its slug. */
  id: string | null;
  /** What flows name it by. */
  slug: string;
  name: string;
  kind: "slack" | "email" | "text";
  description: string;
  /** The newest. */
  version: number;
  /** Whether it comes with Millrace, and cannot be changed. */
  shipped: boolean;
  /** Whether it is hidden from new versions of flows. */
  archived: boolean;
  createdAt: string | null;
  updatedAt: string | null;
};

export type TemplateDraft = {
  /** Lower-case letters and digits in words parted by `-`, 64 at most. */
  slug?: string;
  name: string;
  kind: "slack" | "email" | "text";
  description?: string;
  /** Handlebars, 16 KB at most: see /docs/message-templates. */
  text: string;
  /** An event for previews. */
  sample?: {
    /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
    type: string;
    data: unknown;
  };
};

export type TemplateView = {
  /** Null for a template that Millrace ships: it is read by its slug. */
  id: string | null;
  /** What flows name it by. */
  slug: string;
  name: string;
  kind: "slack" | "email" | "text";
  description: string;
  /** The newest. */
  version: number;
  /** Whether it comes with Millrace, and cannot be changed. */
  shipped: boolean;
  /** Whether it is hidden from new versions of flows. */
  archived: boolean;
  createdAt: string | null;
  updatedAt: string | null;
  text: string;
  /** An event for previews. */
  sample: { [name: string]: unknown } | null;
};

export type Connection = {
  id: string;
  /** What steps name it by, beside its id. */
  slug: string;
  name: string;
  connector: string;
  kind: "bearer" | "basic" | "apiKey" | "webhookUrl" | "oauth2" | "jwtBearer" | "signing";
  status: "active" | "reauth_required" | "revoked";
  /** Why it is not active. */
  statusReason?: string;
  createdAt: string;
  updatedAt: string;
  lastUsedAt?: string;
};

export type EndpointSettings = {
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile?: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Its private key, in PEM: kept sealed, never shown. */
    key?: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    /** Kept sealed, never shown. */
    clientSecret?: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** The signing secret, in the form that the profile wants. Without one a new one is made. */
  secret?: string | null;
  /** Of a secret that is made: `ed25519` where the profile signs with it. Receivers get its public key. */
  secretKind?: "hmac" | "ed25519";
  /** `false`: it is disabled until somebody enables it. */
  enabled?: boolean;
};

export type EndpointMade = {
  id: string;
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** `paused`: deliveries are kept for later. `disabled`: they are recorded as skipped. */
  status: "enabled" | "paused" | "disabled";
  statusReason?: {
    code: "manual" | "gone" | "receiver" | "failing";
    message: string;
    at: string;
  };
  health: {
    /** Failed attempts since the last success. */
    consecutiveFailures: number;
    /** Since when there has been nothing but failures. */
    failingSince?: string;
    lastSuccessAt?: string;
    lastFailureAt?: string;
    /** Until when its deliveries are parked. */
    openUntil?: string;
    /** What the last alert said. */
    state: "healthy" | "failing" | "slow";
  };
  /** When the receiver last echoed a challenge at this URL. */
  verifiedAt?: string;
  createdAt: string;
  updatedAt: string;
  /** What did not keep it from being saved, such as a name without an address. */
  warnings?: Finding[];
  /** Newest first, with their texts: this once. */
  secrets?: EndpointSecret[];
  /** Where one was asked for. */
  challenge?: {
    verified: boolean;
    message?: string;
  };
};

export type EndpointSecret = {
  id: string;
  /** Only where it is said to be shown. */
  secret?: string;
  /** Of an ed25519 secret: `whpk_` and the key, for receivers. */
  publicKey?: string;
  createdAt: string;
  /** Until when it signs beside the newer ones. The newest one has no end. */
  expiresAt?: string;
};

export type NewEndpoint = {
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile?: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Its private key, in PEM: kept sealed, never shown. */
    key?: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    /** Kept sealed, never shown. */
    clientSecret?: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** The signing secret, in the form that the profile wants. Without one a new one is made. */
  secret?: string | null;
  /** Of a secret that is made: `ed25519` where the profile signs with it. Receivers get its public key. */
  secretKind?: "hmac" | "ed25519";
  /** `false`: it is disabled until somebody enables it. */
  enabled?: boolean;
  /** Sends a challenge at once, which the receiver has to echo: the answer says what came of it. */
  challenge?: boolean;
};

export type Endpoint = {
  id: string;
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** `paused`: deliveries are kept for later. `disabled`: they are recorded as skipped. */
  status: "enabled" | "paused" | "disabled";
  statusReason?: {
    code: "manual" | "gone" | "receiver" | "failing";
    message: string;
    at: string;
  };
  health: {
    /** Failed attempts since the last success. */
    consecutiveFailures: number;
    /** Since when there has been nothing but failures. */
    failingSince?: string;
    lastSuccessAt?: string;
    lastFailureAt?: string;
    /** Until when its deliveries are parked. */
    openUntil?: string;
    /** What the last alert said. */
    state: "healthy" | "failing" | "slow";
  };
  /** When the receiver last echoed a challenge at this URL. */
  verifiedAt?: string;
  createdAt: string;
  updatedAt: string;
};

export type EndpointReplacement = {
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile?: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Its private key, in PEM: kept sealed, never shown. */
    key?: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    /** Kept sealed, never shown. */
    clientSecret?: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** `false`: it is disabled until somebody enables it. */
  enabled?: boolean;
};

export type EndpointChanged = {
  id: string;
  /** Where deliveries are sent: HTTPS to a public address. */
  url: string;
  /** Event types: `review.created`, `review.*`, `*`. */
  events: string[];
  name?: string;
  description?: string;
  /** Texts of your own; nothing of them is sent. */
  metadata?: { [name: string]: string };
  /** How deliveries look on the wire: a shipped profile, or one of your own. */
  profile: string;
  /** Profiles whose signatures are sent beside, while receivers change over. */
  also?: string[];
  /** JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold. */
  filter?: unknown;
  transform?: {
    /** Paths of the event's data that are kept, like `order.id`. */
    fields?: string[];
    /** A tree of templates that is sent in place of the event's data. */
    payload?: unknown;
  };
  /** Further headers of each request. Those of the connection and of the signature cannot be set. */
  headers?: { [name: string]: string };
  /** Only for profiles that send both. */
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  /** Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given. */
  timeout?: string;
  /** `max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt. */
  rateLimit?: {
    max: number;
    /** A whole number and a unit, like `1m`. */
    per: string;
  };
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other. */
  order?: string;
  /** Up to `max` events, or those of `for`, in one request. */
  batch?: {
    max: number;
    /** How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most. */
    for: string;
  };
  breaker?:
    | false
    | {
        share?: number;
        min?: number;
        /** The window: a whole number and a unit, like `1m`. */
        within?: string;
        /** How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken. */
        open?: string;
      };
  alerts?: {
    /** A share above which it is failing. */
    failureRate?: number;
    /** A median answer time above which it is slow: a whole number and a unit, like `5s`. */
    slow?: string;
    /** Failures in a row that make it failing. */
    consecutive?: number;
  };
  disableAfter?: false | string;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: {
    /** The client's certificate, in PEM. */
    certificate: string;
    /** Authorities to trust instead of the system's, in PEM. */
    ca?: string;
  };
  /** OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token. */
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** Bodies are encrypted to this key (JWE, RFC 7516). */
  encryption?: {
    /** A public JSON Web Key, RSA or EC. */
    key: { [name: string]: unknown };
  };
  /** `paused`: deliveries are kept for later. `disabled`: they are recorded as skipped. */
  status: "enabled" | "paused" | "disabled";
  statusReason?: {
    code: "manual" | "gone" | "receiver" | "failing";
    message: string;
    at: string;
  };
  health: {
    /** Failed attempts since the last success. */
    consecutiveFailures: number;
    /** Since when there has been nothing but failures. */
    failingSince?: string;
    lastSuccessAt?: string;
    lastFailureAt?: string;
    /** Until when its deliveries are parked. */
    openUntil?: string;
    /** What the last alert said. */
    state: "healthy" | "failing" | "slow";
  };
  /** When the receiver last echoed a challenge at this URL. */
  verifiedAt?: string;
  createdAt: string;
  updatedAt: string;
  /** What did not keep it from being saved, such as a name without an address. */
  warnings?: Finding[];
};

/** Members of the settings that change: objects are merged, `null` removes (RFC 7396). */
export type EndpointPatch = { [name: string]: unknown };

export type PublicKeys = {
  /** JSON Web Keys (RFC 7517, RFC 8037), newest first. */
  keys: {
    kty: "OKP";
    crv: "Ed25519";
    x: string;
    /** The key's thumbprint (RFC 7638); `keyid` of HTTP message signatures. */
    kid: string;
    alg: "EdDSA";
    use: "sig";
    /** The same key as Standard Webhooks writes it. */
    whpk: string;
  }[];
};

export type ProfileRow = {
  /** A short name of small letters, digits and hyphens, like `my-erp`. */
  id: string;
  title: string;
  description?: string;
  /** Whether Millrace ships it: those cannot be changed. */
  shipped: boolean;
  createdAt?: string;
  updatedAt?: string;
};

export type ProfileView = {
  /** A short name of small letters, digits and hyphens, like `my-erp`. */
  id: string;
  title: string;
  description?: string;
  /** Whether Millrace ships it: those cannot be changed. */
  shipped: boolean;
  createdAt?: string;
  updatedAt?: string;
  profile: {
    /** A short name of small letters, digits and hyphens, like `my-erp`. */
    id: string;
    title: string;
    /** For people who choose a profile. */
    description?: string;
    /** A media type in small letters, like `application/json`. */
    contentType?: string;
    otherContentTypes?: string[];
    /** The body: a JSON tree whose texts are templates. `{{data}}` is the event's data. */
    envelope: unknown;
    dataForm?: "any" | "present" | "object";
    bodyForm?: "raw" | "canonical";
    cloudevents?: "binary" | "structured" | "batch";
    headers?: { [name: string]: string };
    signatures: {
      kind: "hmac" | "standard-webhooks" | "http-message";
    }[];
    signatureOptional?: boolean;
    timeouts?: {
      connectMs?: number;
      readMs?: number;
      totalMs: number;
    };
    retry?:
      | "quick"
      | "standard"
      | "day"
      | "none"
      | {
          /** One delay for each retry. */
          schedule: string[];
          /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
          jitter?: "none" | "full" | number;
          /** Only these failures are retried. */
          on?: string[];
          /** These failures are never retried. Wins over `on`. */
          never?: string[];
          /** No retry starts later than this after the first attempt, like `30h`. */
          within?: string;
        }
      | {
          /** Tries in all. */
          attempts: number;
          /** The delay before the first retry: a whole number and a unit, like `5s`. */
          first?: string;
          /** Each delay is this many times the last. */
          factor?: number;
          /** No delay is longer than this: a whole number and a unit, like `1h`. */
          max?: string;
          /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
          jitter?: "none" | "full" | number;
          /** Only these failures are retried. */
          on?: string[];
          /** These failures are never retried. Wins over `on`. */
          never?: string[];
          /** No retry starts later than this after the first attempt, like `30h`. */
          within?: string;
        };
    answers?: {
      status?: { [name: string]: "retry" | "stop" | "disable" };
      retryAfter?: boolean;
      refusals?: boolean;
    };
    rateLimit?: {
      max: number;
      /** A whole number and a unit, like `1m`. */
      per: string;
    };
  };
};

export type WebhookSettings = {
  /** The profile of what is made under `/v1/webhooks`, `/api/webhooks` and `/api/v1/webhooks` without one; of `bakhmach`, `hub`, `brainsait`, `directory` and `aqio` also the language of these paths. `null`: each path's own. */
  defaultProfile: string | null;
};

export type InboxMessage = {
  id: string;
  at: string;
  /** Names in lower case. */
  headers: { [name: string]: string };
  body: string;
  /** How `body` is to be read. */
  encoding: "utf8" | "base64";
  /** The body's length. */
  bytes: number;
  /** What was answered. */
  status: number;
  verification: {
    /** Whether a secret of yours signed it, at a time that is near. */
    verified: boolean;
    /** Whose secret. */
    by?: string;
    /** Why not, for each who may have signed. */
    why?: string;
  };
};

export type Problem = {
  /** Address of the code's documentation. */
  type: string;
  title: string;
  status: number;
  /** Stable and catalogued: programs may branch on it. */
  code: string;
  /** What is wrong in this case, and what to change. */
  detail: string;
  requestId: string;
  errors?: Finding[];
};

/** By method and path: what a request holds, and the body of each successful answer by its status. */
export type Operations = {
  delete: {
    /** Remove an event type from the catalogue; events of it are taken as before. */
    "/v1/event-types/{name}": {
      request: {
        params: {
          name: string;
        };
        headers?: {
          /** The type's ETag as it was read: 412 when somebody has changed it since. */
          "if-match"?: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Remove what a delivery's attempts sent and got; their rows stay. */
    "/v1/deliveries/{id}/bodies": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Take an endpoint away. */
    "/v1/endpoints/{id}": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
      };
      answers: { 204: undefined };
    };
    /** End a secret at once. */
    "/v1/endpoints/{id}/secrets/{secretId}": {
      request: {
        params: {
          id: string;
          secretId: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Take a profile of your own away. */
    "/v1/profiles/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Remove a webhook; its deliveries stay in the log. */
    "/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Remove a webhook; its deliveries stay in the log. */
    "/api/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Remove a webhook; its deliveries stay in the log. */
    "/api/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Empty an inbox. */
    "/v1/inbox/{name}": {
      request: {
        params: {
          name: string;
        };
      };
      answers: { 204: undefined };
    };
    /** Revoke an API key; its row stays. */
    "/api/api-keys/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 204: undefined };
    };
  };
  get: {
    /** List events, newest first, without their data. */
    "/v1/events": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only what came at this time or later: RFC 3339, such as 2026-11-22T04:00:00Z. */
          since?: string;
          /** Only what came before this time: RFC 3339, such as 2026-11-22T04:00:00Z. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          type?: string;
        };
      };
      answers: {
        200: {
          data: EventRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** An event: its data, the runs it started, and which condition of which flow said no. */
    "/v1/events/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: EventView };
    };
    /** Event types of the systems whose webhooks Millrace speaks, each with an example of its data. */
    "/v1/event-types/gallery": {
      request: {};
      answers: {
        200: {
          data: GalleryEventType[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** The catalogue of event types. */
    "/v1/event-types": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only names whose first segment this is. */
          group?: string;
          /** Only those that are retired, or are not. */
          retired?: "true" | "false";
        };
      };
      answers: {
        200: {
          data: EventType[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** An event type. */
    "/v1/event-types/{name}": {
      request: {
        params: {
          name: string;
        };
      };
      answers: { 200: EventType };
    };
    /** List flows, newest first, without their drafts. */
    "/v1/flows": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: FlowRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A flow and its draft, by id or slug. */
    "/v1/flows/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** The published versions of a flow, newest first. */
    "/v1/flows/{id}/versions": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            version: number;
            publishedAt: string;
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A published version: the document as it was then. */
    "/v1/flows/{id}/versions/{version}": {
      request: {
        params: {
          id: string;
          version: string;
        };
      };
      answers: {
        200: {
          version: number;
          publishedAt: string;
          document: { [name: string]: unknown };
        };
      };
    };
    /** List bulk retries, newest first, without what became of their runs. */
    "/v1/bulk-retries": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: BulkRetry[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A bulk retry: how far it is, what it refused, and how the new runs stand. */
    "/v1/bulk-retries/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: BulkRetry };
    };
    /** The runs that a bulk retry did not retry, newest first, and why. */
    "/v1/bulk-retries/{id}/errors": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: BulkRefusal[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List runs, newest first, without their outputs. */
    "/v1/runs": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only what came at this time or later: RFC 3339, such as 2026-11-22T04:00:00Z. */
          since?: string;
          /** Only what came before this time: RFC 3339, such as 2026-11-22T04:00:00Z. */
          until?: string;
          /** Id or slug of a flow. */
          flow?: string;
          version?: number;
          status?: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
          eventType?: string;
          /** Id of an event. */
          event?: string;
          /** Path of a step. */
          failedStep?: string;
          errorClass?:
            | "network"
            | "timeout"
            | "rate_limited"
            | "transient"
            | "expectation"
            | "quota_exhausted"
            | "ambiguous"
            | "validation"
            | "auth_revoked"
            | "permission"
            | "not_found"
            | "conflict"
            | "permanent"
            | "blocked"
            | "template"
            | "limit"
            | "filter"
            | "stopped"
            | "cancelled"
            | "start"
            | "internal";
        };
      };
      answers: {
        200: {
          data: Run[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A run. */
    "/v1/runs/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Run };
    };
    /** The steps of a run, in the order of the flow, with every attempt. */
    "/v1/runs/{id}/steps": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: Step[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List recoveries, newest first, without what became of their deliveries. */
    "/v1/delivery-recoveries": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: DeliveryRecovery[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A recovery: how far it is, what it refused, and how its deliveries stand. */
    "/v1/delivery-recoveries/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: DeliveryRecovery };
    };
    /** The deliveries that a recovery did not make, newest first, and why. */
    "/v1/delivery-recoveries/{id}/errors": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: DeliveryRefusal[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List deliveries, newest event first. */
    "/v1/deliveries": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only those whose event came at this time or later. */
          since?: string;
          /** Only those whose event came before this time. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** Why the last attempt failed. */
          class?:
            | "network"
            | "timeout"
            | "rate_limited"
            | "transient"
            | "expectation"
            | "quota_exhausted"
            | "ambiguous"
            | "validation"
            | "auth_revoked"
            | "permission"
            | "not_found"
            | "conflict"
            | "permanent"
            | "blocked"
            | "template"
            | "limit"
            | "filter"
            | "stopped"
            | "cancelled"
            | "start"
            | "internal";
          status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
          /** Id of an endpoint (`ep_…`), which may have been deleted since. */
          endpoint?: string;
          /** Id of an event. */
          event?: string;
        };
      };
      answers: {
        200: {
          data: Delivery[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List the deliveries of an endpoint, newest event first. */
    "/v1/endpoints/{id}/deliveries": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only those whose event came at this time or later. */
          since?: string;
          /** Only those whose event came before this time. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** Why the last attempt failed. */
          class?:
            | "network"
            | "timeout"
            | "rate_limited"
            | "transient"
            | "expectation"
            | "quota_exhausted"
            | "ambiguous"
            | "validation"
            | "auth_revoked"
            | "permission"
            | "not_found"
            | "conflict"
            | "permanent"
            | "blocked"
            | "template"
            | "limit"
            | "filter"
            | "stopped"
            | "cancelled"
            | "start"
            | "internal";
          status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
          /** Id of an event. */
          event?: string;
        };
      };
      answers: {
        200: {
          data: Delivery[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A delivery with all its attempts, and what they sent and got. */
    "/v1/deliveries/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Delivery };
    };
    /** The newest attempt's request as a curl command. */
    "/v1/deliveries/{id}/curl": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: string };
    };
    /** List the deliveries that were given up, newest event first, with why. */
    "/v1/dead-letters": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only those whose event came at this time or later. */
          since?: string;
          /** Only those whose event came before this time. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** Why the last attempt failed. */
          class?:
            | "network"
            | "timeout"
            | "rate_limited"
            | "transient"
            | "expectation"
            | "quota_exhausted"
            | "ambiguous"
            | "validation"
            | "auth_revoked"
            | "permission"
            | "not_found"
            | "conflict"
            | "permanent"
            | "blocked"
            | "template"
            | "limit"
            | "filter"
            | "stopped"
            | "cancelled"
            | "start"
            | "internal";
          /** Id of an endpoint (`ep_…`), which may have been deleted since. */
          endpoint?: string;
        };
      };
      answers: {
        200: {
          data: DeadLetter[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** Deliveries over a time: totals, by bucket, by event type. */
    "/v1/stats": {
      request: {
        query?: {
          /** From the bucket of this time on: RFC 3339, such as 2026-11-22T04:00:00Z. A day before `until` unless given. */
          since?: string;
          /** To the end of the bucket before this time: RFC 3339, such as 2026-11-22T04:00:00Z. Now unless given. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** How finely the time is told apart; days begin at midnight UTC. Minutes are kept for three days. */
          bucket?: "minute" | "hour" | "day";
          /** Id of an endpoint, which may have been deleted since. */
          endpoint?: string;
        };
      };
      answers: { 200: DeliveryStats };
    };
    /** How each endpoint does: its health, and its figures over a time. */
    "/v1/stats/endpoints": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** From the bucket of this time on: RFC 3339, such as 2026-11-22T04:00:00Z. A day before `until` unless given. */
          since?: string;
          /** To the end of the bucket before this time: RFC 3339, such as 2026-11-22T04:00:00Z. Now unless given. */
          until?: string;
          status?: "enabled" | "paused" | "disabled";
        };
      };
      answers: {
        200: {
          data: EndpointFigures[];
          nextCursor: string | null;
          /** The beginning of the first bucket. */
          since: string;
          /** The end of the last bucket. */
          until: string;
        };
      };
    };
    /** How an endpoint does: its health, and its deliveries over a time. */
    "/v1/endpoints/{id}/stats": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** From the bucket of this time on: RFC 3339, such as 2026-11-22T04:00:00Z. A day before `until` unless given. */
          since?: string;
          /** To the end of the bucket before this time: RFC 3339, such as 2026-11-22T04:00:00Z. Now unless given. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** How finely the time is told apart; days begin at midnight UTC. Minutes are kept for three days. */
          bucket?: "minute" | "hour" | "day";
        };
      };
      answers: { 200: EndpointStats };
    };
    /** The bytes that a step received or sends. */
    "/v1/blobs/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Uint8Array };
    };
    /** List message templates without their texts: your own, newest first, then those that Millrace ships. */
    "/v1/templates": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only those of this kind. */
          kind?: "slack" | "email" | "text";
        };
      };
      answers: {
        200: {
          data: TemplateRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A message template and its newest text, by id or slug. */
    "/v1/templates/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** The versions of a message template, newest first. */
    "/v1/templates/{id}/versions": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            version: number;
            kind: "slack" | "email" | "text";
            createdAt: string | null;
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A version of a message template: kind and text as they were then. */
    "/v1/templates/{id}/versions/{version}": {
      request: {
        params: {
          id: string;
          version: string;
        };
      };
      answers: {
        200: {
          version: number;
          kind: "slack" | "email" | "text";
          createdAt: string | null;
          text: string;
        };
      };
    };
    /** The flows whose draft names a message template. */
    "/v1/templates/{id}/usage": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            flow: {
              id: string;
              slug: string;
              name: string;
            };
            /** What the draft says: `slug` or `slug@version`. */
            draft: string[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List connectors: their actions, and the credentials that they take. */
    "/v1/connectors": {
      request: {};
      answers: {
        200: {
          data: {
            id: string;
            title: string;
            description: string;
            /** Whether its steps have to name a connection. */
            connection: "required" | "optional" | "none";
            /** The ways to authenticate that a connection can have. */
            auth: {
              /** What `auth` of a connection says. */
              kind: string;
              title: string;
              /** JSON Schema of `credentials`. Members with `x-secret` are secrets, those with `x-url` addresses. */
              credentials: { [name: string]: unknown };
            }[];
            actions: {
              /** What a step's `use` says. */
              use: string;
              title: string;
              description: string;
              /** What repeating it does. */
              effect: string;
              /** Kinds of authentication that can do this; all of the connector's when absent. */
              kinds?: string[];
              /** JSON Schema of `with`. */
              input: { [name: string]: unknown };
              /** JSON Schema of the step's output. */
              output: { [name: string]: unknown };
            }[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A connector. */
    "/v1/connectors/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          id: string;
          title: string;
          description: string;
          /** Whether its steps have to name a connection. */
          connection: "required" | "optional" | "none";
          /** The ways to authenticate that a connection can have. */
          auth: {
            /** What `auth` of a connection says. */
            kind: string;
            title: string;
            /** JSON Schema of `credentials`. Members with `x-secret` are secrets, those with `x-url` addresses. */
            credentials: { [name: string]: unknown };
          }[];
          actions: {
            /** What a step's `use` says. */
            use: string;
            title: string;
            description: string;
            /** What repeating it does. */
            effect: string;
            /** Kinds of authentication that can do this; all of the connector's when absent. */
            kinds?: string[];
            /** JSON Schema of `with`. */
            input: { [name: string]: unknown };
            /** JSON Schema of the step's output. */
            output: { [name: string]: unknown };
          }[];
        };
      };
    };
    /** List connections, newest first. */
    "/v1/connections": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Id of a connector. */
          connector?: string;
          status?: "active" | "reauth_required" | "revoked";
        };
      };
      answers: {
        200: {
          data: Connection[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A connection, by id or slug; never its credentials. */
    "/v1/connections/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Connection };
    };
    /** The flows that use a connection, in their draft or published version. */
    "/v1/connections/{id}/usage": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            flow: {
              id: string;
              slug: string;
              name: string;
            };
            /** Whether the published version uses it, and not the draft alone. */
            published: boolean;
            /** Paths of the steps that name it. */
            steps: string[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** The settings of endpoints, in the form that the import takes. */
    "/v1/endpoints/export": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: EndpointSettings[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List endpoints, newest first. */
    "/v1/endpoints": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          status?: "enabled" | "paused" | "disabled";
          /** Only those that get events of this type, also by a wildcard. */
          eventType?: string;
          /** Only those that use this profile, also beside another one. */
          profile?: string;
        };
      };
      answers: {
        200: {
          data: Endpoint[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** An endpoint, how it stands and does; never its secrets. */
    "/v1/endpoints/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Endpoint };
    };
    /** The ids and times of the secrets that sign now, without their texts. */
    "/v1/endpoints/{id}/secrets": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: EndpointSecret[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** The public keys that verify an endpoint's deliveries, where it signs with ed25519. */
    "/v1/endpoints/{id}/public-keys": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: PublicKeys };
    };
    /** The same public keys, for receivers: no API key is needed. */
    "/.well-known/webhook-keys/{endpointId}": {
      request: {
        params: {
          endpointId: string;
        };
      };
      answers: { 200: PublicKeys };
    };
    /** List profiles: your own, newest first, then those that Millrace ships. */
    "/v1/profiles": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: ProfileRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A profile, your own or a shipped one. */
    "/v1/profiles/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: ProfileView };
    };
    /** List webhooks, newest first. */
    "/v1/webhooks": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A webhook, by either form of its id. */
    "/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** A webhook's deliveries, newest first. */
    "/v1/webhooks/{id}/deliveries": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List webhooks, newest first. */
    "/api/webhooks": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A webhook, by either form of its id. */
    "/api/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Send a test event, by GET as one of the systems has it. */
    "/api/webhooks/{id}/test": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          /** The event's type; the first that the webhook names in full without it. */
          type?: string;
        };
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** A webhook's deliveries, newest first. */
    "/api/webhooks/{id}/deliveries": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List webhooks, newest first. */
    "/api/v1/webhooks": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A webhook, by either form of its id. */
    "/api/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** A webhook's deliveries, newest first. */
    "/api/v1/webhooks/{id}/deliveries": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          status?: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
        };
      };
      answers: {
        200: {
          data: { [name: string]: unknown }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** The default profile of webhooks. */
    "/v1/settings/webhooks": { request: {}; answers: { 200: WebhookSettings } };
    /** The newest messages of an inbox as a page, in development and on this machine only. */
    "/inbox/{name}": {
      request: {
        params: {
          name: string;
        };
      };
      answers: { 200: undefined };
    };
    /** What came to an inbox, newest first, and whether its signature is yours. */
    "/v1/inbox/{name}": {
      request: {
        params: {
          name: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: InboxMessage[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A JSON Schema: flow, event, endpoint, profile, retry-policy, run, step, attempt or problem. */
    "/v1/schemas/{file}": {
      request: {
        params: {
          file:
            | "flow.json"
            | "event.json"
            | "retry-policy.json"
            | "run.json"
            | "step.json"
            | "attempt.json"
            | "endpoint.json"
            | "profile.json"
            | "problem.json";
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** All API keys, newest first, revoked ones too. */
    "/api/api-keys": {
      request: {};
      answers: {
        200: {
          data: {
            id: string;
            /** The key itself, in the one answer that makes it. */
            key?: string;
            key_prefix: string;
            user_id?: string | null;
            organization_id?: string;
            name: string;
            description?: string | null;
            scopes: string[];
            allowed_ips?: string[] | null;
            last_used_at?: string | null;
            /** Follows the uses by up to half a minute for each process. */
            usage_count?: number;
            is_active: boolean;
            expires_at?: string | null;
            created_at?: string;
            updated_at?: string;
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** An API key's row. */
    "/api/api-keys/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          id: string;
          /** The key itself, in the one answer that makes it. */
          key?: string;
          key_prefix: string;
          user_id?: string | null;
          organization_id?: string;
          name: string;
          description?: string | null;
          scopes: string[];
          allowed_ips?: string[] | null;
          last_used_at?: string | null;
          /** Follows the uses by up to half a minute for each process. */
          usage_count?: number;
          is_active: boolean;
          expires_at?: string | null;
          created_at?: string;
          updated_at?: string;
        };
      };
    };
    /** Where to go from here. */
    "/": { request: {}; answers: { 200: { [name: string]: unknown } } };
    /** Whether the process lives. */
    "/healthz": { request: {}; answers: { 200: { [name: string]: unknown } } };
    /** Whether events can be accepted now. */
    "/readyz": {
      request: {};
      answers: {
        200: {
          ready: boolean;
          checks: { [name: string]: string };
        };
      };
    };
    /** Metrics of this process for Prometheus. */
    "/metrics": { request: {}; answers: { 200: undefined } };
  };
  patch: {
    /** Change some settings of an endpoint. */
    "/v1/endpoints/{id}": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
        body: EndpointPatch;
      };
      answers: { 200: EndpointChanged };
    };
    /** Change the members that are named. */
    "/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Change the members that are named. */
    "/api/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Change the members that are named. */
    "/api/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
  };
  post: {
    /** Publish an event. */
    "/v1/events": { request: { body: Publish }; answers: { 202: Accepted } };
    /** Publish up to 100 events. */
    "/v1/events/batch": {
      request: {
        body:
          | Publish[]
          | {
              events: Publish[];
            };
      };
      answers: {
        202: {
          /** In the order of the request. */
          data: Accepted[];
        };
      };
    };
    /** Play an event again. */
    "/v1/events/{id}/replay": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** Which flows: those that the event started, each under its version of then (the default), or those that are enabled now and match. */
          flows?: "then" | "now";
          /** Id or slug: only this one of them. */
          flow?: string;
        };
      };
      answers: {
        202: {
          /** The event's id. */
          id: string;
          /** The new runs. */
          runs: string[];
          /** Flows that were left out, such as those whose run has not ended. */
          skipped: {
            flow: {
              id: string;
              slug: string;
            };
            /** The run that stands in the way. */
            run?: string;
            reason: string;
          }[];
        };
      };
    };
    /** Add an event type to the catalogue. */
    "/v1/event-types": { request: { body: EventTypeDraft }; answers: { 201: EventType } };
    /** Publish a test event of a type, with data that fits it; `publish: false` only shows it. */
    "/v1/event-types/{name}/simulate": {
      request: {
        params: {
          name: string;
        };
        body?: Simulation;
      };
      answers: { 200: Simulated; 202: Simulated };
    };
    /** Save a new flow as a draft. */
    "/v1/flows": { request: { body: Flow }; answers: { 201: FlowView } };
    /** Say everything that is wrong with a flow, without saving it. */
    "/v1/flows/validate": {
      request: { body: Flow };
      answers: {
        200: {
          valid: boolean;
          errors: Finding[];
          warnings: Finding[];
        };
      };
    };
    /** Make the draft a version that runs. */
    "/v1/flows/{id}/publish": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** Publish only the draft with this ETag. */
          "if-match"?: string;
        };
        body?: {
          /** Without it the first publish enables the flow and later ones leave it as it is. False leaves it as it is; true enables it. */
          enable?: boolean;
        };
      };
      answers: {
        200: {
          version: number;
          publishedAt: string;
          enabled: boolean;
        };
      };
    };
    /** Let events start the published version. */
    "/v1/flows/{id}/enable": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** Let no event start the flow; open runs go on. */
    "/v1/flows/{id}/disable": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** Try the draft with an event: nothing is sent and no time passes. */
    "/v1/flows/{id}/test": {
      request: {
        params: {
          id: string;
        };
        body: {
          event: {
            /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
            type: string;
            data: unknown;
            id?: string;
            occurredAt?: string;
          };
          /** By path of a step: its output, `{ $fail: { class, message, status? } }`, or `{ $attempts: [mock, …] }`. */
          mocks?: { [name: string]: unknown };
        };
      };
      answers: {
        200: {
          matched: boolean;
          /** How the run would end; null when the event makes no run. */
          status: string | null;
          /** Paths of the steps that would run. */
          ran: string[];
          /** By path: status, rendered input, output or error, and attempts. */
          steps: { [name: string]: unknown };
          output: unknown;
        };
      };
    };
    /** Run many again: all that match, or those that are named. */
    "/v1/runs/retry": {
      request: { body: BulkRequest };
      answers: {
        200: {
          /** Runs that match. */
          count: number;
          /** There are more than could be counted: `count` is the least. */
          capped?: boolean;
          /** The oldest of them, ten at most. */
          sample: string[];
        };
        202: BulkRetry;
      };
    };
    /** Stop a bulk retry: the runs that it has made stay. */
    "/v1/bulk-retries/{id}/stop": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: BulkRetry; 202: BulkRetry };
    };
    /** Cancel a run. */
    "/v1/runs/{id}/cancel": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Run; 202: Run };
    };
    /** Run it again, from the failed step, any step, or the start. */
    "/v1/runs/{id}/retry": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** Where to begin: `failed` (the default; behind everything that ended well where no step failed), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered. */
          from?: string;
          /** The version of the flow: that of the run (the default), or the newest published one. */
          version?: "same" | "newest";
          event?: {
            /** Data in place of the event's own: any JSON. */
            data: unknown;
          };
          /** By the path of an action: what it is given, in place of what its templates would render. */
          inputs?: { [name: string]: { [name: string]: unknown } };
        };
      };
      answers: { 201: Run };
    };
    /** Make many deliveries again: all that match. */
    "/v1/deliveries/retry": {
      request: { body: RetryDeliveries };
      answers: {
        200: {
          /** Deliveries that match. */
          count: number;
          /** There are more than could be counted: `count` is the least. */
          capped?: boolean;
        };
        202: DeliveryRecovery;
      };
    };
    /** Make everything again that did not arrive at an endpoint since a time. */
    "/v1/endpoints/{id}/recover": {
      request: {
        params: {
          id: string;
        };
        body: RecoverEndpoint;
      };
      answers: {
        200: {
          /** Deliveries that match. */
          count: number;
          /** There are more than could be counted: `count` is the least. */
          capped?: boolean;
        };
        202: DeliveryRecovery;
      };
    };
    /** Send an endpoint the events that it missed. */
    "/v1/endpoints/{id}/replay-missed": {
      request: {
        params: {
          id: string;
        };
        body: ReplayMissed;
      };
      answers: { 202: DeliveryRecovery };
    };
    /** Stop a recovery: the deliveries that it has asked for go on. */
    "/v1/delivery-recoveries/{id}/cancel": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: DeliveryRecovery; 202: DeliveryRecovery };
    };
    /** Make a delivery again, now. */
    "/v1/deliveries/{id}/retry": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 202: Delivery };
    };
    /** End a delivery that is pending. */
    "/v1/deliveries/{id}/cancel": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Delivery };
    };
    /** Remove what many deliveries' attempts sent and got; their rows stay. */
    "/v1/deliveries/expunge": {
      request: {
        body: {
          /** Only of deliveries whose event came before this time. */
          before?: string;
          /** Only of deliveries to this endpoint, which may have been deleted since. */
          endpoint?: string;
          /** `nextCursor` of the answer before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          /** Deliveries that were looked at. */
          deliveries: number;
          /** Attempts whose bodies were removed. */
          removed: number;
          /** Goes on where this answer ends; null when all is done. */
          nextCursor: string | null;
        };
      };
    };
    /** The text that a message template gives for an event: nothing is saved or sent. */
    "/v1/templates/preview": {
      request: {
        body: {
          kind?: "slack" | "email" | "text";
          /** Handlebars, 16 KB at most: see /docs/message-templates. */
          text?: string;
          /** A saved or shipped one: `slug` or `slug@version`. */
          template?: string;
          /** Without it, the template's sample. */
          event?: {
            /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
            type: string;
            data: unknown;
            id?: string;
            occurredAt?: string;
          };
          /** Outputs by id of the step. */
          steps?: { [name: string]: unknown };
          vars?: { [name: string]: unknown };
          /** What `error` is in the steps of `onError` and `onFailure`. */
          error?: { [name: string]: unknown };
        };
      };
      answers: {
        200: {
          text: string;
          bytes: number;
        };
      };
    };
    /** Save a new message template, as version 1. */
    "/v1/templates": { request: { body: TemplateDraft }; answers: { 201: TemplateView } };
    /** Hide a message template from new versions of flows. */
    "/v1/templates/{id}/archive": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** Let flows name an archived message template again. */
    "/v1/templates/{id}/restore": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** The delays of a retry policy, without jitter. */
    "/v1/retry-policies/preview": {
      request: {
        body: {
          retry?: RetryPolicy;
          /** A delivery profile: its own policy is shown. */
          profile?:
            | "standard"
            | "cloudevents"
            | "cloudevents-binary"
            | "cloudevents-batch"
            | "github"
            | "rfc9421"
            | "bakhmach"
            | "hub"
            | "brainsait"
            | "directory"
            | "aqio";
        };
      };
      answers: {
        200: {
          delaysMs: number[];
          totalMs: number;
        };
      };
    };
    /** Show the secret that webhooks are signed with. */
    "/v1/signing-secret/reveal": {
      request: {};
      answers: {
        200: {
          secret: string;
        };
      };
    };
    /** Sign with a new secret from now on. */
    "/v1/signing-secret/rotate": {
      request: {};
      answers: {
        200: {
          id: string;
          graceUntil: string;
        };
      };
    };
    /** Give Millrace credentials for a connector. */
    "/v1/connections": {
      request: {
        body: {
          /** Id of a connector: `GET /v1/connectors` lists them. */
          connector: string;
          /** A name for people, without control characters. */
          name: string;
          /** Lower-case letters and digits in words parted by `-`, 64 at most. */
          slug?: string;
          /** The kind of authentication; without it the one that the credentials fit. */
          auth?: string;
          /** As the kind's schema in `GET /v1/connectors/{id}` says. Sealed at once, and never shown again. */
          credentials: { [name: string]: unknown };
        };
      };
      answers: { 201: Connection };
    };
    /** Try whether a connection works, by its token and a harmless call. */
    "/v1/connections/{id}/test": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          ok: boolean;
          /** What was seen, when it works. */
          detail?: string;
          failure?: Failure;
        };
      };
    };
    /** Give a connection new credentials. */
    "/v1/connections/{id}/rotate": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** Replace only the credentials of the connection with this ETag. */
          "if-match"?: string;
        };
        body: {
          /** The kind of authentication; without it the one that the credentials fit. */
          auth?: string;
          /** As the kind's schema in `GET /v1/connectors/{id}` says. Sealed at once, and never shown again. */
          credentials: { [name: string]: unknown };
        };
      };
      answers: { 200: Connection };
    };
    /** Wipe a connection's credentials. */
    "/v1/connections/{id}/revoke": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Connection };
    };
    /** Make up to 100 endpoints from their settings. */
    "/v1/endpoints/import": {
      request: {
        body: {
          endpoints: unknown[];
        };
      };
      answers: {
        200: {
          made: number;
          invalid: number;
          /** In the order of the request. */
          data: {
            /** Its place in the request. */
            index: number;
            outcome: "made" | "invalid";
            endpoint?: EndpointMade;
            /** Pointers begin at the item. */
            errors?: Finding[];
          }[];
        };
      };
    };
    /** Make an endpoint: where events are sent, which of them, and how. */
    "/v1/endpoints": { request: { body: NewEndpoint }; answers: { 201: EndpointMade } };
    /** Let an endpoint get deliveries. */
    "/v1/endpoints/{id}/enable": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
        body?: {
          /** For whoever looks at the endpoint later. */
          reason?: string;
        };
      };
      answers: { 200: Endpoint };
    };
    /** Keep an endpoint's deliveries until it is enabled again. */
    "/v1/endpoints/{id}/pause": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
        body?: {
          /** For whoever looks at the endpoint later. */
          reason?: string;
        };
      };
      answers: { 200: Endpoint };
    };
    /** Send an endpoint nothing more. */
    "/v1/endpoints/{id}/disable": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
        body?: {
          /** For whoever looks at the endpoint later. */
          reason?: string;
        };
      };
      answers: { 200: Endpoint };
    };
    /** Show the secrets that sign now. */
    "/v1/endpoints/{id}/secrets/reveal": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          /** Newest first. */
          secrets: EndpointSecret[];
        };
      };
    };
    /** Sign with a new secret from now on. */
    "/v1/endpoints/{id}/secrets/rotate": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** Yours; one is made without it. */
          secret?: string;
          /** Of the one that is made: `ed25519` where the profile signs with it. */
          kind?: "hmac" | "ed25519";
          /** How long earlier secrets sign beside it: a whole number and a unit, from `0s` to `7d`. */
          gracePeriod?: string;
        };
      };
      answers: {
        200: {
          /** Newest first. */
          secrets: EndpointSecret[];
        };
      };
    };
    /** Send an endpoint a test, and see the whole attempt. */
    "/v1/endpoints/{id}/test": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** The event's type, such as `order.created`: one that the endpoint listens to unless given. */
          type?: string;
          /** The event's data, any JSON: it goes through the endpoint's transformation and profile. */
          data?: unknown;
          /** The whole body instead: a text as it stands, other JSON as its text. */
          body?: unknown;
        };
      };
      answers: {
        200: {
          delivery: {
            id: string;
            endpoint: string;
            event: {
              id: string;
              type: string;
            };
            status: "pending" | "delivered" | "failed" | "rejected" | "skipped" | "cancelled";
            test?: true;
            createdAt: string;
            endedAt?: string;
          };
          attempt: Attempt;
        };
      };
    };
    /** Ask the receiver to show that it wants deliveries. */
    "/v1/endpoints/{id}/challenge": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          verified: boolean;
          verifiedAt?: string;
          /** Why it is not verified. */
          message?: string;
          attempt: Attempt;
        };
      };
    };
    /** The exact headers and body of a delivery in a profile: nothing is saved or sent. */
    "/v1/profiles/preview": {
      request: {
        body: {
          /** A shipped profile, or one of your own. */
          profile?: string;
          profileDocument?: {
            /** A short name of small letters, digits and hyphens, like `my-erp`. */
            id: string;
            title: string;
            /** For people who choose a profile. */
            description?: string;
            /** A media type in small letters, like `application/json`. */
            contentType?: string;
            otherContentTypes?: string[];
            /** The body: a JSON tree whose texts are templates. `{{data}}` is the event's data. */
            envelope: unknown;
            dataForm?: "any" | "present" | "object";
            bodyForm?: "raw" | "canonical";
            cloudevents?: "binary" | "structured" | "batch";
            headers?: { [name: string]: string };
            signatures: {
              kind: "hmac" | "standard-webhooks" | "http-message";
            }[];
            signatureOptional?: boolean;
            timeouts?: {
              connectMs?: number;
              readMs?: number;
              totalMs: number;
            };
            retry?:
              | "quick"
              | "standard"
              | "day"
              | "none"
              | {
                  /** One delay for each retry. */
                  schedule: string[];
                  /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                  jitter?: "none" | "full" | number;
                  /** Only these failures are retried. */
                  on?: string[];
                  /** These failures are never retried. Wins over `on`. */
                  never?: string[];
                  /** No retry starts later than this after the first attempt, like `30h`. */
                  within?: string;
                }
              | {
                  /** Tries in all. */
                  attempts: number;
                  /** The delay before the first retry: a whole number and a unit, like `5s`. */
                  first?: string;
                  /** Each delay is this many times the last. */
                  factor?: number;
                  /** No delay is longer than this: a whole number and a unit, like `1h`. */
                  max?: string;
                  /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                  jitter?: "none" | "full" | number;
                  /** Only these failures are retried. */
                  on?: string[];
                  /** These failures are never retried. Wins over `on`. */
                  never?: string[];
                  /** No retry starts later than this after the first attempt, like `30h`. */
                  within?: string;
                };
            answers?: {
              status?: { [name: string]: "retry" | "stop" | "disable" };
              retryAfter?: boolean;
              refusals?: boolean;
            };
            rateLimit?: {
              max: number;
              /** A whole number and a unit, like `1m`. */
              per: string;
            };
          };
          /** One that stands in, unless given. */
          event?: {
            /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
            type: string;
            data: unknown;
            id?: string;
            occurredAt?: string;
          };
          /** A new one unless given: the answer shows it. */
          secret?: string;
          /** Of the receiver, for signatures that cover it. */
          url?: string;
          attempt?: number;
          /** Profiles whose signatures are sent beside. */
          also?: string[];
        };
      };
      answers: {
        200: {
          headers: { [name: string]: string };
          /** Its text: the bytes are this in UTF-8. */
          body: string;
          secret: string;
        };
      };
    };
    /** Save a profile of your own. */
    "/v1/profiles": {
      request: {
        body: {
          /** A short name of small letters, digits and hyphens, like `my-erp`. */
          id: string;
          title: string;
          /** For people who choose a profile. */
          description?: string;
          /** A media type in small letters, like `application/json`. */
          contentType?: string;
          otherContentTypes?: string[];
          /** The body: a JSON tree whose texts are templates. `{{data}}` is the event's data. */
          envelope: unknown;
          dataForm?: "any" | "present" | "object";
          bodyForm?: "raw" | "canonical";
          cloudevents?: "binary" | "structured" | "batch";
          headers?: { [name: string]: string };
          signatures: {
            kind: "hmac" | "standard-webhooks" | "http-message";
          }[];
          signatureOptional?: boolean;
          timeouts?: {
            connectMs?: number;
            readMs?: number;
            totalMs: number;
          };
          retry?:
            | "quick"
            | "standard"
            | "day"
            | "none"
            | {
                /** One delay for each retry. */
                schedule: string[];
                /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                jitter?: "none" | "full" | number;
                /** Only these failures are retried. */
                on?: string[];
                /** These failures are never retried. Wins over `on`. */
                never?: string[];
                /** No retry starts later than this after the first attempt, like `30h`. */
                within?: string;
              }
            | {
                /** Tries in all. */
                attempts: number;
                /** The delay before the first retry: a whole number and a unit, like `5s`. */
                first?: string;
                /** Each delay is this many times the last. */
                factor?: number;
                /** No delay is longer than this: a whole number and a unit, like `1h`. */
                max?: string;
                /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                jitter?: "none" | "full" | number;
                /** Only these failures are retried. */
                on?: string[];
                /** These failures are never retried. Wins over `on`. */
                never?: string[];
                /** No retry starts later than this after the first attempt, like `30h`. */
                within?: string;
              };
          answers?: {
            status?: { [name: string]: "retry" | "stop" | "disable" };
            retryAfter?: boolean;
            refusals?: boolean;
          };
          rateLimit?: {
            max: number;
            /** A whole number and a unit, like `1m`. */
            per: string;
          };
        };
      };
      answers: { 201: ProfileView };
    };
    /** Whether something answers at a URL: sends it an unsigned test. */
    "/v1/webhooks/validate": {
      request: {
        body: {
          url?: string;
          endpointUrl?: string;
        };
      };
      answers: {
        200: {
          valid: boolean;
          status: number;
          ssl: boolean;
          /** In milliseconds. */
          responseTime?: number;
          error?: string;
          issues: string[];
        };
      };
    };
    /** Make a webhook. */
    "/v1/webhooks": {
      request: {
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** Another tenant's id is refused; the key's own tenant counts in any case. */
          "x-tenant-id"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 201: { [name: string]: unknown } };
    };
    /** Send a test event; the body, if there is one, is its data. */
    "/v1/webhooks/{id}/test": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          /** The event's type; the first that the webhook names in full without it. */
          type?: string;
        };
        body?: unknown;
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Send a simulated event of a type, with data of your own or made data. */
    "/v1/webhooks/{id}/simulate": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        body?: {
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          type?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** The event's data; made without it. */
          data?: unknown;
          /** The same as `data`. */
          mockData?: unknown;
        };
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Whether something answers at a URL: sends it an unsigned test. */
    "/api/webhooks/validate": {
      request: {
        body: {
          url?: string;
          endpointUrl?: string;
        };
      };
      answers: {
        200: {
          valid: boolean;
          status: number;
          ssl: boolean;
          /** In milliseconds. */
          responseTime?: number;
          error?: string;
          issues: string[];
        };
      };
    };
    /** Make a webhook. */
    "/api/webhooks": {
      request: {
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** Another tenant's id is refused; the key's own tenant counts in any case. */
          "x-tenant-id"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 201: { [name: string]: unknown } };
    };
    /** Send a test event; the body, if there is one, is its data. */
    "/api/webhooks/{id}/test": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          /** The event's type; the first that the webhook names in full without it. */
          type?: string;
        };
        body?: unknown;
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Send a simulated event of a type, with data of your own or made data. */
    "/api/webhooks/{id}/simulate": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        body?: {
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          type?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** The event's data; made without it. */
          data?: unknown;
          /** The same as `data`. */
          mockData?: unknown;
        };
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Whether something answers at a URL: sends it an unsigned test. */
    "/api/v1/webhooks/validate": {
      request: {
        body: {
          url?: string;
          endpointUrl?: string;
        };
      };
      answers: {
        200: {
          valid: boolean;
          status: number;
          ssl: boolean;
          /** In milliseconds. */
          responseTime?: number;
          error?: string;
          issues: string[];
        };
      };
    };
    /** Make a webhook. */
    "/api/v1/webhooks": {
      request: {
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** Another tenant's id is refused; the key's own tenant counts in any case. */
          "x-tenant-id"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 201: { [name: string]: unknown } };
    };
    /** Send a test event; the body, if there is one, is its data. */
    "/api/v1/webhooks/{id}/test": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
          /** The event's type; the first that the webhook names in full without it. */
          type?: string;
        };
        body?: unknown;
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Send a simulated event of a type, with data of your own or made data. */
    "/api/v1/webhooks/{id}/simulate": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        body?: {
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          type?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          eventType?: string;
          /** The event's data; made without it. */
          data?: unknown;
          /** The same as `data`. */
          mockData?: unknown;
        };
      };
      answers: {
        200: {
          success: boolean;
          message?: string;
          error?: string;
        };
      };
    };
    /** Take whatever is posted, and answer 200 or the status that is asked for. */
    "/inbox/{name}": {
      request: {
        params: {
          name: string;
        };
        query?: {
          /** Answer this status instead of 200. */
          status?: number;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Make an API key; a key gives no more than it may do itself. */
    "/api/api-keys": {
      request: {
        body: {
          name: string;
          description?: string | null;
          /** What it may do: scopes of ours, or names such as `registrations:write`. */
          scopes: string[];
          /** Addresses or networks in CIDR form that it may be used from. */
          allowed_ips?: string[] | null;
          /** RFC 3339, such as 2027-01-01T00:00:00Z. */
          expires_at?: string | null;
        };
      };
      answers: {
        201: {
          id: string;
          /** The key itself, in the one answer that makes it. */
          key?: string;
          key_prefix: string;
          user_id?: string | null;
          organization_id?: string;
          name: string;
          description?: string | null;
          scopes: string[];
          allowed_ips?: string[] | null;
          last_used_at?: string | null;
          /** Follows the uses by up to half a minute for each process. */
          usage_count?: number;
          is_active: boolean;
          expires_at?: string | null;
          created_at?: string;
          updated_at?: string;
        };
      };
    };
    /** Put a new key in the place of an API key: the old one ends at once. */
    "/api/api-keys/{id}/rotate": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          id: string;
          /** The key itself, in the one answer that makes it. */
          key?: string;
          key_prefix: string;
          user_id?: string | null;
          organization_id?: string;
          name: string;
          description?: string | null;
          scopes: string[];
          allowed_ips?: string[] | null;
          last_used_at?: string | null;
          /** Follows the uses by up to half a minute for each process. */
          usage_count?: number;
          is_active: boolean;
          expires_at?: string | null;
          created_at?: string;
          updated_at?: string;
        };
      };
    };
  };
  put: {
    /** Replace an event type; its name stays. */
    "/v1/event-types/{name}": {
      request: {
        params: {
          name: string;
        };
        headers: {
          /** The type's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: EventTypeChange;
      };
      answers: { 200: EventType };
    };
    /** Replace a flow's draft. */
    "/v1/flows/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The flow's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: Flow;
      };
      answers: { 200: FlowView };
    };
    /** Replace a message template: a new kind or text is a new version. */
    "/v1/templates/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The template's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: TemplateDraft;
      };
      answers: { 200: TemplateView };
    };
    /** Give a connection another name or slug. */
    "/v1/connections/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The connection's ETag as it was read; `*` changes whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: {
          /** A name for people, without control characters. */
          name: string;
          /** Lower-case letters and digits in words parted by `-`, 64 at most. */
          slug?: string;
        };
      };
      answers: { 200: Connection };
    };
    /** Replace all settings of an endpoint. */
    "/v1/endpoints/{id}": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** The endpoint's ETag as it was read: refused with 412 when somebody else changed it since. */
          "if-match"?: string;
        };
        body: EndpointReplacement;
      };
      answers: { 200: EndpointChanged };
    };
    /** Replace a profile of your own. */
    "/v1/profiles/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The profile's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: {
          /** A short name of small letters, digits and hyphens, like `my-erp`. */
          id: string;
          title: string;
          /** For people who choose a profile. */
          description?: string;
          /** A media type in small letters, like `application/json`. */
          contentType?: string;
          otherContentTypes?: string[];
          /** The body: a JSON tree whose texts are templates. `{{data}}` is the event's data. */
          envelope: unknown;
          dataForm?: "any" | "present" | "object";
          bodyForm?: "raw" | "canonical";
          cloudevents?: "binary" | "structured" | "batch";
          headers?: { [name: string]: string };
          signatures: {
            kind: "hmac" | "standard-webhooks" | "http-message";
          }[];
          signatureOptional?: boolean;
          timeouts?: {
            connectMs?: number;
            readMs?: number;
            totalMs: number;
          };
          retry?:
            | "quick"
            | "standard"
            | "day"
            | "none"
            | {
                /** One delay for each retry. */
                schedule: string[];
                /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                jitter?: "none" | "full" | number;
                /** Only these failures are retried. */
                on?: string[];
                /** These failures are never retried. Wins over `on`. */
                never?: string[];
                /** No retry starts later than this after the first attempt, like `30h`. */
                within?: string;
              }
            | {
                /** Tries in all. */
                attempts: number;
                /** The delay before the first retry: a whole number and a unit, like `5s`. */
                first?: string;
                /** Each delay is this many times the last. */
                factor?: number;
                /** No delay is longer than this: a whole number and a unit, like `1h`. */
                max?: string;
                /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
                jitter?: "none" | "full" | number;
                /** Only these failures are retried. */
                on?: string[];
                /** These failures are never retried. Wins over `on`. */
                never?: string[];
                /** No retry starts later than this after the first attempt, like `30h`. */
                within?: string;
              };
          answers?: {
            status?: { [name: string]: "retry" | "stop" | "disable" };
            retryAfter?: boolean;
            refusals?: boolean;
          };
          rateLimit?: {
            max: number;
            /** A whole number and a unit, like `1m`. */
            per: string;
          };
        };
      };
      answers: { 200: ProfileView };
    };
    /** Change the members that are named. */
    "/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Change the members that are named. */
    "/api/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Change the members that are named. */
    "/api/v1/webhooks/{id}": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Whose words are spoken: `bakhmach`, `hub`, `brainsait`, `directory`, `aqio`. Wins over all else. */
          profile?: string;
        };
        headers?: {
          /** The webhook's ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: {
          /** Where deliveries are sent: HTTPS to a public address. */
          url?: string;
          /** Where deliveries are sent: HTTPS to a public address. */
          endpointUrl?: string;
          /** Event types: `review.created`, `review.*`, `*`. */
          events?: string[];
          active?: boolean;
          is_active?: boolean;
          /** The whole text is the key. Made when there is none. */
          secret?: string | null;
          name?: string | null;
          description?: string | null;
          /** Further headers of each request. Those of the connection and of the signature cannot be set. */
          headers?: { [name: string]: string } | null;
          filters?:
            | {
                /** A path within the event's data (`rating`) or within the event (`data.rating`, `type`). */
                field: string;
                operator: "equals" | "contains" | "in" | "exists";
                value?: unknown;
              }[]
            | null;
          /** Over the event's data: a list means one of, `min_<field>` at least, anything else equal. */
          event_filters?:
            | ({
                /** A condition of ours, whole. */
                $filter?: { [name: string]: unknown } | unknown[] | boolean;
              } & { [name: string]: string | number | boolean | null | (string | number | boolean | null)[] })
            | null;
          retryConfig?: {
            /** Attempts in all; 10 at most under the profile `hub`. */
            maxRetries?: number;
            backoffMultiplier?: number;
            maxBackoffSeconds?: number;
          } | null;
          /** Only for profiles that send both. */
          content_type?: "application/json" | "application/x-www-form-urlencoded";
          timeout_seconds?: number;
          /** Tries after the first one. */
          retry_count?: number;
          retry_delay_seconds?: number;
          /** Gets test events, and no others. */
          testMode?: boolean;
          /** A delivery profile; wins over the path's. */
          profile?: string;
          /** Answered; passed over when it is sent. */
          id?: unknown;
          /** Answered; passed over when it is sent. */
          userId?: unknown;
          /** Answered; passed over when it is sent. */
          organization_id?: unknown;
          /** Answered; passed over when it is sent. */
          tenant_id?: unknown;
          /** Answered; passed over when it is sent. */
          created_at?: unknown;
          /** Answered; passed over when it is sent. */
          updated_at?: unknown;
          /** Answered; passed over when it is sent. */
          createdAt?: unknown;
          /** Answered; passed over when it is sent. */
          updatedAt?: unknown;
          /** Answered; passed over when it is sent. */
          test_url?: unknown;
          /** Answered; passed over when it is sent. */
          last_triggered_at?: unknown;
          /** Answered; passed over when it is sent. */
          total_deliveries?: unknown;
          /** Answered; passed over when it is sent. */
          failed_deliveries?: unknown;
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Choose the default profile of webhooks. */
    "/v1/settings/webhooks": {
      request: {
        headers?: {
          /** The settings' ETag as it was read; without it whatever is there is changed. */
          "if-match"?: string;
        };
        body: WebhookSettings;
      };
      answers: { 200: WebhookSettings };
    };
  };
};

/** What these paths answer is bytes, whatever content type they have. */
export const bytePaths: readonly string[] = ["/v1/blobs/{id}"];
