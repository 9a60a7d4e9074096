// webhook.post: the event, or other data, as a signed webhook.
import { defineAction } from "../../../src/connector/contract.ts";
import type { ActionCall, Built } from "../../../src/connector/contract.ts";
import { httpOutput, httpOutputSchema } from "../../../src/connector/output.ts";
import { buildDelivery, profileHeaderNames } from "../../../src/delivery/build.ts";
import { failureOfResult } from "../../../src/delivery/classify.ts";
import { checkHeaders } from "../../../src/delivery/header.ts";
import { defaultProfileId, findProfile, profileIds } from "../../../src/delivery/profiles.ts";
import type { Json, JsonSchema } from "../../../src/model/json.ts";

export type PostInput = {
  url: string;
  headers?: Record<string, string | number | boolean>;
  profile?: string;
  body?: Json;
  data?: Json;
  type?: string;
};

const examples: PostInput[] = [
  { url: "https://ops.example.com/hooks/reviews" },
  { url: "https://ops.example.com/hooks/reviews", headers: { "X-Team": "support", "X-Rating": 2 } },
  { url: "https://ops.example.com/hooks/reviews", profile: "hub", data: { taskId: "123" }, type: "task.created" },
  { url: "https://ops.example.com/hooks/reviews", body: { text: "A new review" } },
  { url: "https://ops.example.com/hooks/reviews", body: "as it stands" },
];

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["url"],
  properties: {
    url: { type: "string", minLength: 1, description: "Where to send it." },
    headers: {
      type: "object",
      maxProperties: 100,
      additionalProperties: { type: ["string", "number", "boolean"] },
      "x-headers": true,
      description: "Further headers. Those of the signature cannot be replaced.",
    },
    profile: { enum: profileIds, description: `How it looks on the wire: ${defaultProfileId} unless given.` },
    body: { description: "The whole body as it stands: text, or any JSON." },
    data: { description: "What goes into the profile's envelope: the event's data unless given." },
    type: { type: "string", minLength: 1, maxLength: 200, description: "The event type in the envelope." },
  },
  not: { type: "object", required: ["body", "data"], properties: { body: true, data: true } },
  examples,
};

export const post = defineAction<PostInput>({
  id: "post",
  title: "Send a webhook",
  description: "Sends a signed POST request with the event, other data, or a body of your own.",
  // Receivers find duplicates by the webhook's id.
  effect: "keyed-write",
  input,
  output: httpOutputSchema,
  counterExamples: [
    { input: {}, pointer: "/url" },
    { input: { url: 5 }, pointer: "/url" },
    { input: { url: "https://example.com", method: "GET" }, pointer: "/method" },
    { input: { url: "https://example.com", profile: "unknown" }, pointer: "/profile" },
    { input: { url: "https://example.com", headers: { "X-List": ["a"] } }, pointer: "/headers/X-List" },
    { input: { url: "https://example.com", body: {}, data: {} }, pointer: "" },
    { input: "https://example.com", pointer: "" },
  ],
  request: buildPost,
  response(answer) {
    const failure = failureOfResult(answer);
    return failure === undefined ? { ok: true, output: httpOutput(answer) } : { ok: false, failure };
  },
});

function buildPost(given: PostInput, call: ActionCall): Built {
  const profile = findProfile(given.profile ?? defaultProfileId);
  if (profile === undefined) return invalid("profile", `There is no profile "${given.profile}".`);
  const ownHeaders = Object.fromEntries(
    Object.entries(given.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const [finding] = checkHeaders(ownHeaders, profileHeaderNames(profile));
  if (finding) return invalid(finding.code, `/headers${finding.pointer}: ${finding.message}`);
  const contentType = Object.entries(ownHeaders).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const delivery = buildDelivery(profile, {
    ...call,
    method: "POST",
    url: given.url,
    // Signatures of RFC 9421 cover the one that is sent.
    ...(contentType === undefined ? {} : { contentType }),
    event: given.data === undefined ? call.event : { ...call.event, dataText: JSON.stringify(given.data) },
    ...(given.body === undefined ? {} : { body: textOf(given.body) }),
    ...(given.type === undefined ? {} : { type: given.type }),
  });
  if (!delivery.ok) return invalid(delivery.code, delivery.message);
  // Only the content type can stand in both: headers of the signature were refused above.
  const ownNames = new Set(Object.keys(ownHeaders).map((name) => name.toLowerCase()));
  const headers = Object.fromEntries(
    Object.entries(delivery.headers).filter(([name]) => !ownNames.has(name.toLowerCase())),
  );
  return {
    ok: true,
    request: { method: "POST", url: given.url, headers: { ...headers, ...ownHeaders }, body: delivery.body },
  };
}

function textOf(body: Json): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function invalid(code: string, message: string): Built {
  return { ok: false, failure: { class: "validation", code, message } };
}
