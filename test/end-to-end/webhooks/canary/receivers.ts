// The receivers of the canary test: they show whoever asks all that they were sent, and what they know beside.
import { serverPair } from "../../../delivery/tls-pairs.ts";
import { startReceiver, type Answer, type Received, type Receiver } from "../../../support/receiver.ts";
import { canaries, type Row } from "./kinds.ts";

export type CanaryReceivers = {
  open: Receiver;
  secure: Receiver;
  login: Receiver;
  /** All access tokens that were given out. */
  issued: string[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** `told`: what the receiver of a kind of endpoints knows beside what it is sent. Paths are `/<kind>/<row>`. */
export async function startReceivers(told: (kind: string) => string[]): Promise<CanaryReceivers> {
  const [open, login] = [await startReceiver(), await startReceiver()];
  const secure = await startReceiver({ tls: serverPair });
  const issued: string[] = [];
  const seen = new Map<string, number>();
  const answer = (request: Received): Answer => {
    const [, kind = "", row = ""] = request.path.split("/");
    const index = seen.get(request.path) ?? 0;
    seen.set(request.path, index + 1);
    return answerOf(row as Row, request, told(kind), index); // Paths are made of rows.
  };
  open.respond(answer);
  secure.respond(answer);
  login.respond((request) => {
    const echo = echoOf(request, []);
    if (request.path === "/refuses") return asJson(400, { error: "invalid_client", error_description: echo });
    if (request.path === "/fails") return asJson(500, { error: "server_error", error_description: echo });
    if (request.path === "/cuts") {
      return asJson(400, {
        error: "invalid_client",
        error_description: `${"x".repeat(187)} ${canaries.refusedClient}`,
      });
    }
    const token = `token+given/out=${issued.length}-8e21f0`;
    issued.push(token);
    return asJson(200, { access_token: token, token_type: "Bearer", echo });
  });
  return {
    open,
    secure,
    login,
    issued,
    async [Symbol.asyncDispose]() {
      await Promise.all([open, secure, login].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

/** What is kept of an answer ends in the middle of a secret. */
const keptBytes = 64 * 1024;

function answerOf(row: Row, request: Received, told: string[], index: number): Answer {
  const echo = echoOf(request, told);
  if (row === "reset" || row === "hang") return row;
  if (row === "headers") {
    const [line = ""] = echo.replaceAll(/[^ -~]/g, encodeURIComponent).match(/.{1,4000}/) ?? [];
    return {
      status: 302,
      headers: { "x-echo": line, location: `http://127.0.0.1/?t=${encodeURIComponent(line)}` },
      body: echo,
    };
  }
  if (row === "cut") {
    const secret = told[0] ?? request.headers.authorization ?? "";
    return { status: 400, body: `${"x".repeat(keptBytes - 12)}${secret}` };
  }
  const statuses = {
    ok: 200,
    refused: 422,
    later: index === 0 ? 500 : 200,
    exhausted: 503,
    unauthorized: 401,
    gone: 410,
  };
  return { status: statuses[row], body: echo };
}

/** The request in words: as it came, and in the encodings that logs and error pages put it in. */
function echoOf({ path, headers, body }: Received, told: string[]): string {
  const all = [path, ...Object.values(headers).map(String), body.toString(), ...told];
  return [
    ...all,
    ...all.map((one) => encodeURIComponent(one)),
    ...all.map((one) => JSON.stringify(one)),
    ...all.map((one) => Buffer.from(one).toString("base64")),
  ].join(" ");
}

function asJson(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
