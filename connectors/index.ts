// Which connectors are there? One line each.
import type { Connector } from "../src/connector/contract.ts";
import { http } from "./http/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { slack } from "./slack/index.ts";
import { webhook } from "./webhook/index.ts";

export const connectors: readonly Connector[] = [http, salesforce, slack, webhook];
