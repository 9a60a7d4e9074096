// Which connectors does the conformance suite cover, and with what? One line each; a connector without one fails it.
import type { ConnectorFixture } from "./fixture.ts";
import { httpFixture } from "./http/fixture.ts";
import { salesforceFixture } from "./salesforce/fixture.ts";
import { slackFixture } from "./slack/fixture.ts";
import { webhookFixture } from "./webhook/fixture.ts";

export type { ActionFixture, ConnectorFixture } from "./fixture.ts";

export const fixtures: readonly ConnectorFixture[] = [httpFixture, salesforceFixture, slackFixture, webhookFixture];
