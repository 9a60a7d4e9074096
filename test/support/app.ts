// A whole Millrace in the test's own process, on the shared servers, with a tenant and a key of its own.
import { createClient, type Client, type Flow as FlowDocument, type Publish } from "../../client/index.ts";
import { createApp, type App } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { newApiKey } from "../../src/model/api-key.ts";
import type { Flow } from "../../src/model/flow.ts";
import type { EventId, RunId } from "../../src/model/ids.ts";
import type { Finding } from "../../src/model/problem.ts";
import type { Run, RunStatus } from "../../src/model/run.ts";
import type { StepView } from "../../src/model/step.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { testServers, uniqueName } from "./servers.ts";
import { until } from "./wait.ts";

export type Answer<Body = AnswerBody> = { status: number; headers: Headers; body: Body };

/** What routes answer, as far as tests read members one by one. No route has them all: a test that reads one says which. */
export type AnswerBody = {
  id: string;
  slug: string;
  name: string;
  code: string;
  detail: string;
  requestId: string;
  errors: Finding[];
  problems: Finding[];
  secret: string;
  notMatched: unknown[];
  data: unknown[];
};

/** What publishing an event answers. */
export type PublishedView = { id: EventId; matched: number; runs: RunId[]; deliveries: number; duplicate: boolean };

/** A run as the API shows it: times are RFC 3339 texts. */
export type RunView = Omit<Run, "tenantId" | TimeOfRun> & { [time in TimeOfRun]?: string } & {
  durationMs?: number;
  retriedBy: RunId[];
  temporalUrl?: string;
};
type TimeOfRun = "createdAt" | "startedAt" | "endedAt" | "cancelRequestedAt";

export type TestApp = App & {
  url: string;
  apiKey: string;
  /** The published client. It does not repeat: a test sees the first answer. */
  client: Client;
  call<Body = AnswerBody>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** Publishes an event; fails the test when it is not accepted. */
  publish(event: object): Promise<Answer<PublishedView>>;
  /** Makes and publishes a flow; fails the test when either is refused. Answers its id. */
  createFlow(flow: Partial<Flow> & Pick<Flow, "steps">): Promise<string>;
  /** The run once it has ended (or has the given status); fails the test for an event that started none. */
  run(id: string | undefined, status?: RunStatus): Promise<RunView>;
  steps(id: string | undefined): Promise<StepView[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts an app and waits until it runs flows. */
export async function startApp(
  options: {
    env?: Record<string, string>;
    temporalAddress?: string;
    mongodbUri?: string;
    /** An app that goes on where another one stopped has the same of these three. */
    database?: string;
    taskQueue?: string;
    keyring?: string;
  } = {},
): Promise<TestApp> {
  const servers = testServers();
  const apiKey = newApiKey("test");
  const mongodbUri = options.mongodbUri ?? servers.mongodbUri;
  const temporalAddress = options.temporalAddress ?? servers.temporalAddress;
  const config = readConfig({
    MONGODB_URI: mongodbUri,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: servers.temporalNamespace,
    MILLRACE_HOST: "127.0.0.1",
    MILLRACE_PORT: "0",
    MILLRACE_ALLOW_NETWORKS: "127.0.0.0/8",
    MILLRACE_ALLOW_HTTP: "true",
    ...options.env,
  });
  const app = await createApp({
    config,
    mongodbUri,
    database: options.database ?? uniqueName("app"),
    temporalAddress,
    temporalUiUrl: "http://127.0.0.1:8233",
    taskQueue: options.taskQueue ?? uniqueName("queue"),
    workflowBundlePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "",
    keyring: options.keyring ?? newKeyringEntry(),
    apiKey,
    log: createLog(process.env["MILLRACE_LOG_LEVEL"] ?? "silent"),
  });
  await app.engine.connected();
  return { ...app, ...clientOf(app.url ?? "", apiKey), [Symbol.asyncDispose]: () => app.close() };
}

function clientOf(url: string, apiKey: string) {
  const call = async <Body = AnswerBody>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    // The caller names what the route answers; what it does not answer is undefined, and the test fails on it.
    const parsed = (text === "" ? undefined : JSON.parse(text)) as Body;
    return { status: answer.status, headers: answer.headers, body: parsed };
  };
  const client = createClient({ url, apiKey, retries: 0 });
  return {
    url,
    apiKey,
    client,
    call,
    // Tests publish what they like: what is no event is refused, and fails them. Runs have ids of ours.
    publish: async (event: object) =>
      (await client.post("/v1/events", { body: event as Publish })) as Answer<PublishedView>,
    async createFlow(flow: Partial<Flow> & Pick<Flow, "steps">): Promise<string> {
      const document = { name: uniqueName("flow"), on: { event: "review.created" }, ...flow };
      // The same document: the client's type has other names for its parts.
      const { id } = (await client.post("/v1/flows", { body: document as FlowDocument })).body;
      await client.post("/v1/flows/{id}/publish", { params: { id }, body: {} });
      return id;
    },
    async run(id: string | undefined, status?: RunStatus): Promise<RunView> {
      if (id === undefined) throw new Error("The event started no run.");
      let run: RunView | undefined;
      const hasCome = ({ status: now, endedAt }: RunView) => (status ? now === status : endedAt !== undefined);
      await until(async () => {
        // The same shape, with ids as texts.
        run = (await client.get("/v1/runs/{id}", { params: { id } })).body as RunView;
        return hasCome(run);
      }, 25_000).catch(() => undefined);
      if (!run || !hasCome(run)) throw new Error(`The run did not get there: ${JSON.stringify(run)}`);
      return run;
    },
    steps: async (id: string | undefined): Promise<StepView[]> => {
      const { body } = await client.get("/v1/runs/{id}/steps", { params: { id: id ?? "" } });
      // The same shape, with values that are JSON.
      return body.data as StepView[];
    },
  };
}
