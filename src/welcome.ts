// What a newcomer reads after the first start: where everything is, a flow that is there already, and the line to try it.
import { readFirstFlow } from "./first-start.ts";

type Installation = { url: string; apiKey: string; temporalUiUrl: string | undefined };

const firstFlowSlug = "bad-reviews";

/** Makes the example flow through the public API, unless it exists; answers the text to show. */
export async function welcome(installation: Installation): Promise<string> {
  const { url, apiKey, temporalUiUrl } = installation;
  await ensureFirstFlow(installation);
  return `
  Millrace is running.

  API           ${url}/v1
  API docs      ${url}/docs
  Temporal UI   ${temporalUiUrl ?? "not started by Millrace"}
  First key     ${apiKey}

  The flow "${firstFlowSlug}" is published: reviews of two stars or fewer go to http://127.0.0.1:4000/reviews.
  Start a receiver for it in another terminal, then publish a review:

    npm run receiver

    curl -i ${url}/v1/events \\
      -H 'Authorization: Bearer ${apiKey}' \\
      -H 'Content-Type: application/json' \\
      -d '{"type":"review.created","data":{"rating":1,"content":"Cold food","business_id":"biz_1"}}'

  Stop the receiver and publish again to watch the declared retries. Ctrl+C stops everything; the data stays.
`;
}

async function ensureFirstFlow({ url, apiKey }: Installation): Promise<void> {
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const known = await call("GET", `/flows/${firstFlowSlug}`);
  if (known.status !== 404) return;
  const created = await call("POST", "/flows", readFirstFlow());
  const published = created.ok ? await call("POST", `/flows/${firstFlowSlug}/publish`, {}) : created;
  if (!published.ok) throw new Error(`The example flow could not be made: ${await published.text()}`);
}
