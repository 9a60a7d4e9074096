// Generic HTTP: any request to any API.
import { defineConnector } from "../../src/connector/contract.ts";
import { request } from "./actions/request.ts";

export const http = defineConnector({
  id: "http",
  title: "HTTP",
  description: "Any request to any API.",
  actions: [request],
});
