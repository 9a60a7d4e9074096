// Generic HTTP: any request to any API.
import { defineConnector } from "../../src/connector/contract.ts";
import { request } from "./actions/request.ts";
import { httpAuth } from "./auth.ts";

export const http = defineConnector({
  id: "http",
  title: "HTTP",
  description: "Any request to any API.",
  auth: httpAuth,
  // Any address may be called with a connection: a refusal by one of them says nothing about the credentials.
  refusalsCount: false,
  actions: [request],
});
