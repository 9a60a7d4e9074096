// Which rows does the table of what connectors can do have? Made from the connectors themselves.
import { connectors } from "../../connectors/index.ts";
import type { Action, Connector, Effect } from "../../src/connector/contract.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";

/** What the requests of each connector are compared with, beside the fault matrix that all of them pass. */
const judgeByConnector: { readonly [connector: string]: string } = {
  http: "a real receiver",
  salesforce: "jsforce's requests",
  slack: "Slack's API description, @slack/web-api's requests",
  webhook: "the Standard Webhooks library",
};

const repeats: { readonly [effect in Effect]: string } = {
  read: "changes nothing",
  "idempotent-write": "leaves the same state",
  "keyed-write": "is found by its key",
  "natural-key-write": "is found by the content's own key",
  "unsafe-write": "asks a person",
};

/** The table as Markdown, padded as Prettier does it. */
export function capabilityTable(): string {
  const head = ["action", "authentication", "effect", "a second time", "limit kept", "judge"];
  const rows = connectors.flatMap((connector) => connector.actions.map((action) => rowOf(connector, action)));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function rowOf(connector: Connector, action: Action): string[] {
  const judge = judgeByConnector[connector.id];
  if (judge === undefined) throw new Error(`Say what the requests of ${connector.id} are compared with.`);
  const again = action.reconcile === undefined ? repeats[action.effect] : "is looked for, else asks a person";
  return [`\`${connector.id}.${action.id}\``, authOf(connector, action), action.effect, again, limitOf(action), judge];
}

function authOf({ auth }: Connector, { kinds }: Action): string {
  if (auth === undefined) return "none";
  const usable = auth.methods.filter(({ kind }) => kinds?.includes(kind) ?? true);
  const names = usable.map(({ kind }) => `\`${kind}\``).join(", ");
  return auth.connection === "required" ? names : `${names}, or none`;
}

/** By the schema's first example, as any call of the action. */
function limitOf({ input, throttle }: Action): string {
  const [example] = (input["examples"] ?? []) as Json[]; // The schema's own keyword.
  const kept = throttle?.(example as JsonObject, undefined); // Inputs of actions are objects.
  if (kept === undefined) return "the receiver's 429";
  const burst = kept.burst === undefined || kept.burst === 1 ? "" : `, ${kept.burst} at once`;
  return `one in ${kept.perMs / 1_000} s${burst}`;
}
