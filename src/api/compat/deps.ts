// What do the reproduced APIs need beside what every route has?
import type { HttpClient } from "../../delivery/http.ts";
import type { EndpointDesk } from "../../endpoint/desk.ts";
import type { Profiles } from "../../endpoint/profiles.ts";
import type { SendTest } from "../../endpoint/test-send.ts";
import type { ApiDeps } from "../deps.ts";

export type CompatDeps = Pick<ApiDeps, "config" | "store" | "log"> & {
  endpoints: EndpointDesk;
  profiles: Pick<Profiles, "find">;
  /** Sends to any address that deliveries may reach. */
  http: Pick<HttpClient, "send">;
  sendTest: SendTest;
};
