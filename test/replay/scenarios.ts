// The runs whose histories are recorded and replayed: each path through the workflow's adapter at least once.
import type { Flow } from "../../src/model/flow.ts";
import type { Respond } from "../support/receiver.ts";

export type Scenario = {
  name: string;
  flow(url: string): Partial<Flow> & Pick<Flow, "steps">;
  data: unknown;
  respond?: Respond;
  cancel?: true;
  /** The run that is recorded is the one that repeats the first, which `respond` lets fail. */
  retry?: { from?: string; inputs?: (url: string) => { [path: string]: unknown } };
  /** The first run and more like it have failed and are retried at once; what is recorded is the bulk retry. */
  bulk?: { runs: number; perSecond: number; stop?: true };
};

const post = (url: string, id = "tell") => ({ id, use: "webhook.post", with: { url } });

export const scenarios: Scenario[] = [
  { name: "one-delivery", flow: (url) => ({ steps: [post(url)] }), data: { rating: 1 } },
  // As recorded since the last step's attempt records the end: without the local activity that one-delivery ends with.
  { name: "end-recorded-by-last-step", flow: (url) => ({ steps: [post(url)] }), data: { rating: 1 } },
  {
    name: "two-failures-then-success",
    flow: (url) => ({ steps: [{ ...post(url), retry: { schedule: ["50ms", "50ms"], jitter: "none" } }] }),
    data: { rating: 1 },
    respond: (_request, index) => ({ status: index < 2 ? 503 : 200 }),
  },
  {
    name: "refused-then-on-failure",
    flow: (url) => ({ steps: [post(`${url}/no`)], onFailure: [post(`${url}/alarm`, "alarm")] }),
    data: { rating: 1 },
    respond: (request) => ({ status: request.path === "/no" ? 422 : 200 }),
  },
  {
    name: "every-step-kind",
    flow: (url) => ({
      steps: [
        { id: "note", set: { text: "{{event.data.content}}!", rating: 1 } },
        { id: "wide", if: { matches: [{ var: "event.data.content" }, "^Cold"] }, set: { cold: true } },
        { id: "route", choose: [{ when: { var: "vars.cold" }, steps: [post(url)] }, { else: [post(url, "other")] }] },
        { ...post(`${url}/no`, "broken"), onError: { steps: [{ id: "noted", set: { why: "{{error.class}}" } }] } },
        { id: "enough", filter: { "==": [{ var: "vars.why" }, "validation"] } },
        { id: "end", stop: "succeeded", reason: "done with {{vars.text}}" },
      ],
      output: { why: "{{vars.why}}" },
    }),
    data: { content: "Cold food" },
    respond: (request) => ({ status: request.path === "/no" ? 400 : 200 }),
  },
  {
    name: "filtered-inside",
    flow: (url) => ({ steps: [{ id: "gate", filter: { "==": [{ var: "event.data.rating" }, 9] } }, post(url)] }),
    data: { rating: 1 },
  },
  {
    name: "large-event-by-reference",
    flow: (url) => ({ steps: [{ id: "gate", filter: { "==": [{ var: "event.data.kind" }, "large"] } }, post(url)] }),
    data: { kind: "large", text: "x".repeat(40_000) },
  },
  {
    name: "flow-timeout",
    flow: (url) => ({ timeout: "500ms", steps: [{ ...post(url), retry: { schedule: ["1h"] } }] }),
    data: {},
    respond: () => ({ status: 503 }),
  },
  {
    name: "cancelled-while-waiting",
    flow: (url) => ({ steps: [{ ...post(url), retry: { schedule: ["1h"] } }] }),
    data: {},
    respond: () => ({ status: 503 }),
    cancel: true,
  },
  {
    name: "retried-with-kept-steps",
    flow: (url) => ({
      steps: [
        { id: "note", set: { text: "{{event.data.content}}!" } },
        post(`${url}/first`, "first"),
        { ...post(`${url}/no`, "broken"), onError: "continue" },
        {
          id: "route",
          choose: [{ when: { var: "vars.text" }, steps: [post(url, "inner")] }, { else: [post(url, "other")] }],
        },
        post(`${url}/mended`, "mended"),
        post(url, "last"),
      ],
    }),
    data: { content: "Cold food" },
    respond: (request, index) => ({
      status: request.path === "/no" ? 400 : request.path === "/mended" && index < 4 ? 422 : 200,
    }),
    retry: { inputs: (url) => ({ mended: { url: `${url}/other` } }) },
  },
  {
    name: "bulk-retry",
    flow: (url) => ({ steps: [{ ...post(url), retry: "none" }] }),
    data: {},
    respond: (_request, index) => ({ status: index < 3 ? 422 : 200 }),
    bulk: { runs: 3, perSecond: 2 },
  },
  {
    name: "bulk-retry-stopped",
    flow: (url) => ({ steps: [{ ...post(url), retry: "none" }] }),
    data: {},
    respond: (_request, index) => ({ status: index < 3 ? 422 : 200 }),
    bulk: { runs: 3, perSecond: 1, stop: true },
  },
];
