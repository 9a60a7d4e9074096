// A whole Millrace in the test's own process, on the shared servers, with a tenant and a key of its own.
import { createApp, type App } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { newApiKey } from "../../src/model/api-key.ts";
import type { Flow } from "../../src/model/flow.ts";
import type { RunStatus } from "../../src/model/run.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { testServers, uniqueName } from "./servers.ts";
import { until } from "./wait.ts";

export type Answer = {
  status: number;
  headers: Headers;
  // The body as a test reads it: what is not there is undefined, and the test says so.
  body: any;
};

export type TestApp = App & {
  url: string;
  apiKey: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Publishes an event; fails the test when it is not accepted. */
  publish(event: object): Promise<Answer>;
  /** Makes and publishes a flow; fails the test when either is refused. Answers its id. */
  createFlow(flow: Partial<Flow> & Pick<Flow, "steps">): Promise<string>;
  /** The run as the API shows it, once it has ended (or has the given status). */
  run(id: string, status?: RunStatus): Promise<any>;
  steps(id: string): Promise<any[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts an app and waits until it runs flows. */
export async function startApp(
  options: { env?: Record<string, string>; temporalAddress?: string; mongodbUri?: string } = {},
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
    database: uniqueName("app"),
    temporalAddress,
    temporalUiUrl: "http://127.0.0.1:8233",
    taskQueue: uniqueName("queue"),
    workflowBundlePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "",
    keyring: newKeyringEntry(),
    apiKey,
    log: createLog(process.env["MILLRACE_LOG_LEVEL"] ?? "silent"),
  });
  await app.engine.connected();
  return { ...app, ...clientOf(app.url ?? "", apiKey), [Symbol.asyncDispose]: () => app.close() };
}

function clientOf(url: string, apiKey: string) {
  const call: TestApp["call"] = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
  const expected = async (status: number, answer: Promise<Answer>): Promise<Answer> => {
    const got = await answer;
    if (got.status !== status) throw new Error(`Expected ${status}, got ${got.status}: ${JSON.stringify(got.body)}`);
    return got;
  };
  return {
    url,
    apiKey,
    call,
    publish: (event: object) => expected(202, call("POST", "/v1/events", event)),
    async createFlow(flow: Partial<Flow> & Pick<Flow, "steps">): Promise<string> {
      const document = { name: uniqueName("flow"), on: { event: "review.created" }, ...flow };
      const created = await expected(201, call("POST", "/v1/flows", document));
      await expected(200, call("POST", `/v1/flows/${created.body.id}/publish`, {}));
      return created.body.id;
    },
    async run(id: string, status?: RunStatus): Promise<any> {
      let run: any;
      await until(async () => {
        run = (await call("GET", `/v1/runs/${id}`)).body;
        return status ? run.status === status : run.endedAt != null;
      }, 25_000).catch(() => {
        throw new Error(`The run did not get there: ${JSON.stringify(run)}`);
      });
      return run;
    },
    steps: async (id: string): Promise<any[]> => (await call("GET", `/v1/runs/${id}/steps`)).body.data,
  };
}
