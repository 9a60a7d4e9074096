// HTTP clients for the tests of one file, closed after each test.
import { createHttpClient } from "../../src/delivery/http.ts";
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResult } from "../../src/delivery/http.ts";

/** Loopback is open: the receivers of tests are there. */
export const openPolicy = { allowHttp: true, allowNetworks: ["127.0.0.0/8", "::1/128"] };

/** Makes clients for loopback. Called at the top of a test file. */
export function useClients(): (options?: Partial<HttpClientOptions>) => HttpClient {
  const clients: HttpClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  return (options = {}) => {
    const client = createHttpClient({ policy: openPolicy, ...options });
    clients.push(client);
    return client;
  };
}

export function get(url: string, over: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url, headers: {}, timeoutMs: 5_000, ...over };
}

export function post(url: string, over: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "POST", url, headers: {}, body: "{}", timeoutMs: 5_000, ...over };
}

/** Why there was no answer; fails the test when there is one. */
export function errorOf(result: HttpResult): { error: string; requestSent: boolean } {
  if (result.ok) throw new Error(`answered ${result.status}`);
  return { error: result.error, requestSent: result.requestSent };
}

/** Its finer word; fails the test when there was an answer. */
export function codeOf(result: HttpResult): string {
  if (result.ok) throw new Error(`answered ${result.status}`);
  return result.code;
}
