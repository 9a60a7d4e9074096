// The page docs/compatibility.md: how to speak to the five systems' APIs, and what holds each row of their guides.
import { aqioRows } from "./aqio.ts";
import { bakhmachRows } from "./bakhmach.ts";
import { brainsaitRows } from "./brainsait.ts";
import { directoryRows } from "./directory.ts";
import { hubRows } from "./hub.ts";
import type { Held, Row } from "./row.ts";

/** The tables, by system, and the row ids that each has to have. */
export const tables: readonly { title: string; ids: readonly string[]; rows: readonly Row[] }[] = [
  { title: "B48–B70: Bakhmach Business Hub (`bakhmach`)", ids: idsFrom("B", 48, 70), rows: bakhmachRows },
  { title: "H1–H42: the Hub (`hub`)", ids: idsFrom("H", 1, 42), rows: hubRows },
  { title: "S1–S46: the BrainSAIT store (`brainsait`)", ids: idsFrom("S", 1, 46), rows: brainsaitRows },
  {
    title: "D1–D41, D58–D76: the business directory (`directory`)",
    ids: [...idsFrom("D", 1, 41), ...idsFrom("D", 58, 76)],
    rows: directoryRows,
  },
  { title: "A1–A25: Aqio (`aqio`)", ids: idsFrom("A", 1, 25), rows: aqioRows },
];

const introduction = `# Compatibility

Five systems' webhooks are reproduced, so that a receiver or a client that was written for one of them works unchanged. How each
looks on the wire: [profiles](profiles.md). The routes with a command for each: [the API](api.md#the-five-systems-webhooks). This
page says how their subscription APIs are spoken, and, row by row of their guides, which test holds what they promise. It is made
by \`npm run compatibility\` from \`test/docs/compatibility\`, and a test sees to it that it is true.

## Whose words are spoken

The paths show the same webhooks as \`/v1/endpoints\`, each in a system's own words:

| path               | speaks                                           |
| ------------------ | ------------------------------------------------ |
| \`/v1/webhooks\`     | \`bakhmach\`                                       |
| \`/api/webhooks\`    | \`hub\`, or \`aqio\` by the fields that it alone has |
| \`/api/v1/webhooks\` | \`brainsait\`                                      |
| each of them       | \`directory\`, by \`endpointUrl\`                    |

The first of these decides: \`?profile=\` (or the member \`profile\` of what is sent); the profile of the webhook that is spoken of;
the tenant's default profile (\`PUT /v1/settings/webhooks {"defaultProfile": "aqio"}\`); members that one system alone has
(\`event_filters\`, \`content_type\`, \`timeout_seconds\`, \`retry_count\`, \`retry_delay_seconds\`, \`is_active\` for \`aqio\`,
\`endpointUrl\` for \`directory\`); the path. A profile of no system, such as \`github\`, is that of the deliveries, in the path's words.

- **Bodies** are JSON under any \`Content-Type\`, or none. Every path takes every system's members; two that say the same thing are
  refused, and so is what nobody knows. What is only answered (\`id\`, \`created_at\`, counters) is passed over, so that what was read
  can be sent back whole. PUT and PATCH both change only what they name; \`null\` takes an optional member away.
- **Lists** are \`{ "data": […], "nextCursor": … }\` in all of them.
- **Ids** are \`ep_…\`, and \`webhook_…\` with the same letters for \`bakhmach\`: every path finds both.
- **Secrets** are texts, and the whole text is the key. \`bakhmach\` never answers one; \`hub\` only one that it made itself; the
  others show it in the creation's answer alone. Read again it is absent, \`null\` for \`aqio\`, \`********\` for \`directory\`: sent
  back, these change nothing. \`aqio\` with \`"secret": null\` sends unsigned.
- **Refusals** are the API's own [problems](errors.md), with the first of what is wrong as a sentence in
  \`error\` too.
- **Tenants.** The key's tenant always counts. \`X-Tenant-ID\` may hold any name of your own; an id of ours that is another tenant's
  is refused with 403.
- **Rate.** Answers under \`/api/webhooks\` carry \`X-RateLimit-Limit\`, \`-Remaining\` and \`-Reset\` (unix seconds): sixty requests a
  minute for each webhook, counted by each process; above it 429. What is sent to a receiver has a limit of its own.
- **Retries.** \`retryConfig.maxRetries\` counts attempts, the first one too, as the directory's code does; at most 10 for \`hub\`.
  \`retry_count\` counts what comes after the first. Both are shown for every policy; what a policy says beyond them stays.
- **Filters.** A \`field\` is a path of the event (\`data.rating\`, \`type\`) or of its data (\`rating\`). \`event_filters\` are over the
  data: a list means one of, \`min_<field>\` at least, anything else equal. A filter that a system has no words for is not shown, and
  stays; \`aqio\` shows it whole in \`$filter\`.
- **Tests.** The type is \`?type=\`, else the first that the webhook names in full; the data is the body, else the type's example.
- **API keys** (\`/api/api-keys\`) take scopes of ours and names such as \`registrations:write\`, which stand for the events that they
  are about: a key has no scope for single event types.

## What holds each promise

Each row of the guides in short, and the tests that hold it, or why it does not apply. Names with \`%s\`, \`%i\` or \`$name\` are those
of a table of tests.
`;

/** The page as it has to be, with its tables padded as Prettier does it. */
export function compatibilityPage(): string {
  return [introduction, ...tables.map(({ title, rows }) => `## ${title}\n\n${tableOf(rows)}\n`)].join("\n");
}

function tableOf(rows: readonly Row[]): string {
  const head = ["no.", "promise", "held by"];
  const cells = rows.map(([id, promise, held]) => [
    id,
    promise,
    typeof held === "string" ? held : held.map(named).join("<br>"),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

function named([file, name]: Held): string {
  return `\`${file}\`: ${name.replaceAll("<", "&lt;")}`;
}

function idsFrom(letter: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${letter}${first + i}`);
}
