// Asks an HTTP API over connections that stay open: the way in for everything that is measured.
import { Pool } from "undici";

export type Caller = {
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
};

/** A caller of one server. Bodies are sent and read as JSON. */
export function createCaller(url: string, headers: Record<string, string> = {}): Caller {
  const pool = new Pool(url, { connections: 64, pipelining: 1 });
  const all = { ...headers, "content-type": "application/json" };
  return {
    async call(method, path, body) {
      const answer = await pool.request({
        // The methods of the benchmarks are spelt right.
        method: method as "GET" | "POST",
        path,
        headers: all,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: text === "" ? null : JSON.parse(text) };
    },
    close: () => pool.close(),
  };
}
