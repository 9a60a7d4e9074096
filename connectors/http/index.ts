// Generic HTTP: any request to any API.
import { defineConnector } from "../../src/connector/contract.ts";
import { request } from "./actions/request.ts";

export const http = defineConnector({ id: "http", title: "HTTP", actions: [request] });
