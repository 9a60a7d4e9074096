// How does the trial speak to the engine? As any program would: JSON over HTTP with an API key.
import { Pool } from "undici";

export type Answer = { status: number; headers: Record<string, unknown>; body: unknown };

export type Client = {
  /** Rejects when there is no whole answer: the connection was refused or broke, or ten seconds passed. */
  call(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
};

const answerLimitMs = 10_000;

/** A client with at most this many requests on their way. */
export function createClient(url: string, apiKey: string, connections = 64): Client {
  const pool = new Pool(url, {
    connections,
    pipelining: 1,
    connectTimeout: 2_000,
    headersTimeout: answerLimitMs,
    bodyTimeout: answerLimitMs,
  });
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  return {
    async call(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await pool.request({ method, path, headers, ...sent });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, body: text === "" ? null : JSON.parse(text) };
    },
    close: () => pool.destroy(),
  };
}
