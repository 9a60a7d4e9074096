// The Salesforce and the Slack of the trial: fakes whose requests meet the faults of the source.
import { generateKeyPairSync } from "node:crypto";
import type { JsonObject } from "../../../src/model/json.ts";
import {
  startFakeSalesforce,
  type FakeRequest,
  type FakeSalesforce,
  type Fault,
} from "../../connectors/salesforce/fake-salesforce.ts";
import { startFakeSlack, type FakeSlack, type SlackFault } from "../../connectors/slack/fake-slack.ts";
import { faultKinds, type FaultKind, type FaultSource } from "./faults.ts";

export type Systems = {
  salesforce: FakeSalesforce;
  slack: FakeSlack;
  /** What the connections are made with. */
  credentials: { salesforce: JsonObject; slack: JsonObject };
  /** Everything that must stand nowhere: the credentials' secrets, and all tokens that were given out. */
  canaries(): string[];
  stop(): Promise<void>;
};

const app = { clientId: "3MVG9trial", username: "flows@example.com" };
/**
 * A session younger than this does not end: an attempt whose new session ended at once would be told, truly, that its
 * credentials are refused, and wait for their owner.
 */
const sessionMsMin = 2_000;
const slackKinds = faultKinds.filter((kind) => kind !== "session-expired");

/** Starts both. `channels`: names of the channels of Slack. */
export async function startSystems(faults: FaultSource, channels: string[]): Promise<Systems> {
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const salesforce = await startFakeSalesforce({
    app: { ...app, publicKey: keys.publicKey },
    limits: { used: 0, max: 1_000_000 },
  });
  salesforce.fault = salesforceFaults(salesforce, faults);
  const slack = await startFakeSlack({
    token: "xoxb-0000000000-canary-of-the-trial",
    channels: channels.map((name, index) => ({ id: `C0${index}`, name })),
    fault: ({ method }) => (method === "chat.postMessage" ? slackFault(faults) : undefined),
  });
  return {
    salesforce,
    slack,
    credentials: {
      salesforce: { ...app, privateKey: keys.privateKey, loginUrl: salesforce.url },
      slack: { token: slack.token, apiUrl: slack.apiUrl },
    },
    canaries: () => [
      slack.token,
      // Any line of the key is enough to know it by; the first and the last are those of every key.
      ...keys.privateKey.trim().split("\n").slice(1, -1),
      ...new Set(salesforce.requests.flatMap((one) => tokenOf(one) ?? [])),
    ],
    async stop() {
      await Promise.all([salesforce[Symbol.asyncDispose](), slack[Symbol.asyncDispose]()]);
    },
  };
}

function salesforceFaults(fake: FakeSalesforce, faults: FaultSource) {
  const firstSeenMs = new Map<string, number>();
  const ended = new Set<string>();
  return (request: FakeRequest): Fault | undefined => {
    const token = tokenOf(request) ?? "";
    const nowMs = performance.now();
    const ageMs = nowMs - (firstSeenMs.get(token) ?? nowMs);
    if (ageMs === 0) firstSeenMs.set(token, nowMs);
    if (ended.has(token)) return sessionEnded;
    const kind = faults.next(faultKinds);
    if (kind === undefined || (kind === "session-expired" && ageMs < sessionMsMin)) return undefined;
    faults.struck(kind);
    // This session only: others may have been given out since.
    if (kind === "session-expired") ended.add(token);
    if (kind === "truncated-applied") return truncated(fake, request);
    return kind === "session-expired" ? sessionEnded : salesforceFault[kind];
  };
}

const sessionEnded: Fault = {
  status: 401,
  body: [{ errorCode: "INVALID_SESSION_ID", message: "Session expired or invalid" }],
};
const html = { "content-type": "text/html" };
const json = { "content-type": "application/json" };
const salesforceFault: Record<Exclude<FaultKind, "session-expired" | "truncated-applied">, Fault> = {
  reset: "reset",
  "reset-applied": "apply-then-reset",
  "timeout-applied": "apply-then-hang",
  "500": { status: 500, body: [{ errorCode: "UNKNOWN_EXCEPTION", message: "An unexpected error occurred." }] },
  "503-html": { status: 503, headers: html, body: "<html>Service Unavailable</html>" },
  "429": { status: 429, headers: { "retry-after": "1" }, body: [{ errorCode: "TOO_MANY", message: "Slow down." }] },
};

const recordPath = /^\/services\/data\/v[\d.]+\/sobjects\/(\w+)(?:\/(\w+)\/([^/?]+))?$/;

/** The record is written, and half of the answer comes. */
function truncated(fake: FakeSalesforce, { method, path, body }: FakeRequest): Fault {
  const [, object, field, value] = recordPath.exec(path) ?? [];
  if (object === undefined) throw new Error(`The trial's flow only writes records, and this is ${method} ${path}.`);
  const fields = JSON.parse(body) as JsonObject; // As the fake itself reads the body of a record.
  if (field === undefined || value === undefined) fake.org.create(object, fields, false);
  else fake.org.upsert(object, field, decodeURIComponent(value), fields, false);
  return { status: 201, headers: json, body: '{"id":"500Hs00000' };
}

function slackFault(faults: FaultSource): SlackFault | undefined {
  const kind = faults.next(slackKinds);
  if (kind === undefined || kind === "session-expired") return undefined;
  faults.struck(kind);
  return slackFaultByKind[kind];
}

const slackFaultByKind: Record<Exclude<FaultKind, "session-expired">, SlackFault> = {
  reset: { answer: "reset" },
  "reset-applied": { answer: "reset", applied: true },
  "timeout-applied": { answer: "hang", applied: true },
  "500": { answer: { status: 500, body: "" } },
  "503-html": { answer: { status: 503, headers: html, body: "<html>Service Unavailable</html>" } },
  "429": {
    answer: { status: 429, headers: { ...json, "retry-after": "1" }, body: '{"ok":false,"error":"ratelimited"}' },
  },
  "truncated-applied": { answer: { status: 200, headers: json, body: '{"ok":true,"channel":"C0' }, applied: true },
};

function tokenOf({ headers }: FakeRequest): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}
