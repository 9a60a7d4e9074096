// The receivers of the canary test: as careless as real ones, they show whoever asks what they were sent.
import { respondWith } from "../../connectors/fault-matrix.ts";
import { startReceiver, type Answer, type Received, type Receiver } from "../../support/receiver.ts";
import { canaries, rows, type Vendor } from "./kinds.ts";

/** Says in a request's path or body which row of which kind it belongs to. */
export const markOf = (kind: string, row: number): string => `row${row}-${kind}`;
const markForm = /row(\d+)-([a-z][a-z0-9-]*[a-z0-9])/;

export type CanaryReceivers = {
  vendor: Receiver;
  login: Receiver;
  /** All access tokens that were given out. */
  issued: string[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** `told`: what the vendor of a kind knows beside what it is sent: the secret that its webhooks are signed with. */
export async function startReceivers(
  vendorOf: (kind: string) => Vendor,
  told: (kind: string) => string[],
): Promise<CanaryReceivers> {
  const [vendor, login] = [await startReceiver(), await startReceiver()];
  const issued: string[] = [];
  const seen = new Map<string, number>();
  vendor.respond((request) => {
    const [mark = "", row = "", kind = ""] = markForm.exec(`${request.path} ${request.body.toString()}`) ?? [];
    // A look whether a record was made: it was.
    if (request.path.includes("/query?")) return found(request);
    if (mark === "") return { status: 404, body: textOf(request, []) };
    const index = seen.get(mark) ?? 0;
    seen.set(mark, index + 1);
    return answerOf(vendorOf(kind), Number(row), request, index, told(kind));
  });
  login.respond((request) => {
    const echo = textOf(request, []);
    if (request.path === "/refuses") return asJson(400, { error: "invalid_client", error_description: echo });
    if (request.path === "/cuts") {
      const error_description = `${"x".repeat(187)} ${canaries.refusedSecret}`;
      return asJson(400, { error: "invalid_client", error_description });
    }
    if (request.path === "/fails") return asJson(500, { error: "server_error", error_description: echo });
    const token = `canary-access-token-${issued.length}-5f0b`;
    issued.push(token);
    return asJson(200, { access_token: token, token_type: "Bearer", instance_url: vendor.url, echo });
  });
  return {
    vendor,
    login,
    issued,
    async [Symbol.asyncDispose]() {
      await Promise.all([vendor[Symbol.asyncDispose](), login[Symbol.asyncDispose]()]);
    },
  };
}

function answerOf(
  vendor: Vendor,
  row: number,
  request: Received,
  index: number,
  told: string[],
): Answer | Promise<Answer> {
  const echo = textOf(request, told);
  const fault = rows[row] ?? "none";
  if (fault === "worded") return worded(vendor, echo);
  if (fault === "cut") return worded(vendor, `${"x".repeat(474)} ${request.headers.authorization ?? request.path}`);
  const successes = {
    plain: { body: { echo } },
    slack: { body: { ok: true, channel: "C0", ts: "1503435956.000247", response_metadata: { warnings: [echo] } } },
    slackHook: { body: "ok" },
    salesforce: { status: 201, body: { id: "500Hs0000000001AAA", success: true, created: true, errors: [], echo } },
  };
  const action = { action: "any", input: () => ({}), success: successes[vendor] };
  return respondWith(fault, action)(request, index);
}

/** The errors that these vendors write, with all that they were sent where people's mistakes stand otherwise. */
function worded(vendor: Vendor, echo: string): Answer {
  if (vendor === "slack") {
    return asJson(200, { ok: false, error: "invalid_blocks", response_metadata: { messages: [echo] } });
  }
  if (vendor === "slackHook") return { status: 400, body: echo };
  if (vendor === "plain") return { status: 422, body: echo };
  return asJson(400, [{ errorCode: "INVALID_FIELD", message: echo, fields: [echo] }]);
}

function found(request: Received): Answer {
  const records = [{ Id: "500Hs0000000001AAA", Echo: textOf(request, []) }];
  return asJson(200, { totalSize: 1, done: true, records });
}

/** The request in words: as it came, and in the encodings that logs and error pages put it in. */
function textOf({ path, headers, body }: Received, told: string[]): string {
  const all = [path, decoded(path), ...Object.values(headers).map(String), body.toString(), ...told];
  return [
    ...all,
    ...all.map((one) => encodeURIComponent(one)),
    ...all.map((one) => Buffer.from(one).toString("base64")),
  ].join(" ");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function asJson(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
