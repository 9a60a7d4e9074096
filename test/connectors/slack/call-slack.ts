// One call of a Slack action against a fake: by the executor, with a connection that is there already.
import { slack } from "../../../connectors/slack/index.ts";
import { addressRequest } from "../../../src/connector/address-request.ts";
import { applyAuth, baseUrlOf } from "../../../src/connector/auth.ts";
import type { Action, ActionCall, ActionRequest, AuthMethod } from "../../../src/connector/contract.ts";
import { createExecutor } from "../../../src/connector/executor.ts";
import type { Performed } from "../../../src/connector/executor.ts";
import { secretsOf } from "../../../src/connector/credentials.ts";
import { compileInput } from "../../../src/connector/input.ts";
import type { Connections, OpenConnection } from "../../../src/connector/open-connection.ts";
import { createHttpClient } from "../../../src/delivery/http.ts";
import type { TenantId } from "../../../src/model/ids.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());

/** What a fake says of itself. */
type Peer = { apiUrl: string; token: string; webhookUrl: string };

const tenantId: TenantId = "tnt_0000000000000000000000";
const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };

export const tokenConnection = ({ apiUrl, token }: Peer): OpenConnection => connect("bearer", { token, apiUrl });
export const webhookConnection = ({ webhookUrl }: Peer): OpenConnection => connect("webhookUrl", { webhookUrl });

export function actionOf(id: string): Action {
  const action = slack.actions.find((one) => one.id === id);
  if (action === undefined) throw new Error(`Slack has no action ${id}.`);
  return action;
}

/** An input that may not be refused, as the request that it becomes. */
export function requestOf(id: string, input: Json, connection: OpenConnection): ActionRequest {
  const checked = compileInput(actionOf(id))(input);
  if (!checked.ok) throw new Error(checked.failure.message);
  const built = actionOf(id).request(checked.input, callWith(connection));
  const addressed = built.ok ? addressRequest(built.request, connection, slack.baseUrl) : built;
  if (!addressed.ok) throw new Error(addressed.failure.message);
  return addressed.request;
}

/** Performs an action once, as steps do; answers what is recorded. */
export async function performed(id: string, input: Json, connection: OpenConnection): Promise<Performed> {
  const refused: Connections["refused"] = async (_, __, failure) => ({ outcome: "failed", failure });
  const executor = createExecutor({
    http,
    connectors: [slack],
    connections: { open: async () => ({ outcome: "open", connection }), renew: throwUnused, refused },
    // The limits that are looked at here are Slack's own.
    limiter: { claim: async () => ({ waitMs: 0, slotAtMs: 0 }), block: async () => undefined },
    blobs: { put: throwUnused, find: throwUnused },
    nowMs: Date.now,
  });
  const { secrets: _, connection: __, ...call } = callWith(connection);
  const given = { use: `slack.${id}`, input, tenantId, connection: "slack", call, tenantSecrets: [], timeoutMs: 2_000 };
  const answer = await executor.perform(given);
  if ("waiting" in answer) throw new Error(answer.waiting.failure.message);
  return answer;
}

export async function perform(id: string, input: Json, connection: OpenConnection): Promise<Performed["outcome"]> {
  return (await performed(id, input, connection)).outcome;
}

/** What a test of the connection answers. */
export async function checkConnection(connection: OpenConnection) {
  const { check } = slack;
  if (check === undefined) throw new Error("Slack has no check.");
  const addressed = addressRequest(check.request(connection.view), connection, slack.baseUrl);
  const result = addressed.ok ? await http.send({ ...addressed.request, timeoutMs: 2_000 }) : undefined;
  if (result?.ok !== true) throw new Error("The check was not answered.");
  return check.response(result);
}

function throwUnused(): never {
  throw new Error("Slack's connections have no tokens to renew, and its actions no blobs.");
}

function callWith({ view }: OpenConnection): ActionCall {
  return { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: 0, secrets: [], connection: view, event };
}

function connect(kind: AuthMethod["kind"], credentials: JsonObject): OpenConnection {
  const method = slack.auth?.methods.find((one) => one.kind === kind);
  if (method === undefined) throw new Error(`Slack takes no ${kind}.`);
  const baseUrl = baseUrlOf(method, credentials, undefined);
  return {
    view: { id: "conn_0000000000000000000000", kind, fields: {} },
    applied: applyAuth(method, credentials, undefined),
    secrets: secretsOf(method, credentials),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}
