// What does a developer see of an inbox? One page of HTML: nothing runs in it, and nothing of a message is more than text.
import { createHash } from "node:crypto";
import type { InboxMessage } from "../store/inbox.ts";
import type { Answer } from "./route.ts";

const style = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; }
h1 { font-size: 1.3rem; }
article { border: 1px solid #d5d9de; border-radius: 6px; margin: 1rem 0; padding: .75rem 1rem; }
header { display: flex; gap: 1rem; flex-wrap: wrap; }
.yes { color: #0a6b2d; font-weight: 600; }
.no { color: #a3140f; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0; font: 13px/1.5 ui-monospace, monospace; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: #f4f5f7; border-radius: 4px; margin: 0; padding: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

/** No script at all, and only the style above: were a message ever read as markup, it could do nothing. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Longest body that the page shows, in characters; the API has all of it. */
const shownCharsMax = 20_000;

/** The page of an inbox; it loads itself again every five seconds. */
export function inboxPage(name: string, messages: readonly InboxMessage[]): Answer {
  const articles = messages.map(articleOf).join("\n");
  const text = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Inbox ${escaped(name)}</title>
<style>${style}</style>
<h1>Inbox ${escaped(name)}</h1>
${articles === "" ? "<p>Nothing has come yet. POST anything to this address.</p>" : articles}
</html>
`;
  const headers = { "content-security-policy": contentSecurityPolicy, "referrer-policy": "no-referrer" };
  return { status: 200, text, contentType: "text/html; charset=utf-8", headers };
}

function articleOf({ at, headers, body, status, verification }: InboxMessage): string {
  const { verified, by, why } = verification;
  const verdict = verified
    ? `<span class="yes">verified</span> <span>${escaped(by ?? "")}</span>`
    : `<span class="no">not verified</span> <span>${escaped(why ?? "")}</span>`;
  const rows = headers.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("");
  const text = body.toString("utf8");
  const shown = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  return `<article>
<header><time>${at.toISOString()}</time> <span>answered ${status}</span> ${verdict}</header>
<dl>${rows}</dl>
<pre>
${escaped(shown)}</pre>
</article>`;
}

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (one) => entities[one] ?? "");
}
