// Which template functions write Slack's own markup?
// Its control sequences stand between < and >: https://docs.slack.dev/messaging/formatting-message-text
import { Halt, unitsOfItems } from "../../logic/meter.ts";
import { instantOf } from "../../logic/instant.ts";
import { formatDate } from "../date-format.ts";
import { type Call, type FunctionTable, made, textOperand, wrongType } from "../function.ts";

export const slackFunctions: FunctionTable = new Map([
  ["slackEscape", { operands: [1, 1], escaped: "slack", run: ([text], call) => escapeText(text, call) }],
  ["slackQuote", { operands: [1, 1], escaped: "slack", run: ([text], call) => quote(text, call) }],
  ["slackLink", { operands: [1, 2], escaped: "slack", run: ([url, text], call) => link(url, text, call) }],
  ["slackDate", { operands: [1, 2], escaped: "slack", run: ([time, format], call) => date(time, format, call) }],
]);

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** A text without control characters of Slack's: `<!channel>` is shown, and nobody is told. */
export function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities.get(character) ?? "");
}

function escapeText(value: unknown, call: Call): string {
  return made(escapeSlack(textOperand(value, call)), call);
}

/** A text as a quotation: `>` before each of its lines. */
function quote(value: unknown, call: Call): string {
  const text = textOperand(value, call).trim();
  if (text === "") return "";
  const lines = text.split(/\r\n|\r|\n/);
  call.meter.charge(unitsOfItems(lines.length));
  return made(lines.map((line) => `> ${escapeSlack(line)}`).join("\n"), call);
}

/**
 * `<https://example.com|text>`. What is no address of the web, a mail or a telephone is shown as text and never linked:
 * `!channel` and `@U123` are addresses to Slack, and a failing alert would be what their author wants.
 */
function link(url: unknown, text: unknown, call: Call): string {
  const address = textOperand(url, call).trim();
  // A line break ends a link.
  const label = escapeSlack(textOperand(text, call).replace(/\s+/g, " ").trim());
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(address)) return made(label === "" ? escapeSlack(address) : label, call);
  const encoded = escapeSlack(address.replace(/[\s|<>]/g, (character) => encodeURIComponent(character)));
  return made(label === "" ? `<${encoded}>` : `<${encoded}|${label}>`, call);
}

/** Slack's own tokens in a date's format. */
const dateTokens = new Set(
  "date_num date date_short date_long date_pretty date_short_pretty date_long_pretty time time_secs ago".split(" "),
);

/** A moment that each reader sees in their own time zone; clients that cannot show it so show it in UTC. */
function date(value: unknown, format: unknown, call: Call): string {
  if (value === null || value === undefined || value === "") return "";
  const instant = instantOf(value);
  if (instant === undefined) throw wrongType('a date like "2026-11-22T08:00:00Z" or milliseconds since 1970', value);
  const chosen = format === undefined ? "{date_short_pretty} {time}" : textOperand(format, call);
  const tokens = [...chosen.matchAll(/\{([^}]*)\}/g)].map(([, token = ""]) => token);
  const unknown = tokens.find((token) => !dateTokens.has(token));
  if (tokens.length === 0 || unknown !== undefined || /[\^|\n]/.test(chosen)) {
    throw new Halt("invalid", 'needs a format with tokens of Slack\'s, like "{date_short} at {time}", without ^ and |');
  }
  const fallback = formatDate(instant, "yyyy-MM-dd HH:mm", "UTC");
  return made(`<!date^${Math.floor(instant / 1000)}^${escapeSlack(chosen)}|${fallback} UTC>`, call);
}
