// What holds for every action of every connector.
import { Ajv2020 } from "ajv/dist/2020.js";
import { connectors } from "../../connectors/index.ts";
import { actionCatalogue, actionsByUse } from "../../src/connector/contract.ts";
import type { Action } from "../../src/connector/contract.ts";
import { compileInput } from "../../src/connector/input.ts";
import type { Json } from "../../src/model/json.ts";

const actions: [string, Action][] = [...actionsByUse(connectors)];

function examplesOf(schema: Action["input"]): Json[] {
  // The schemas' own keyword; a missing list fails the tests below.
  return (schema["examples"] ?? []) as Json[];
}

const call = {
  deliveryId: "msg_1",
  attempt: 1,
  willRetry: false,
  nowMs: 0,
  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  event: { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00.000Z", dataText: '{"a":1}' },
};

test("the catalogue holds the first connectors' actions", () => {
  expect([...actionCatalogue(connectors).keys()].sort()).toEqual(["http.request", "webhook.post"]);
});

describe.each(actions)("%s", (_, action) => {
  const check = compileInput(action);

  test("has examples, and each of them is taken and builds a request with valid headers", () => {
    const examples = examplesOf(action.input);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const checked = check(example);
      if (!checked.ok) throw new Error(checked.failure.message);
      const built = action.request(checked.input, call);
      if (!built.ok) throw new Error(built.failure.message);
      expect(
        () => new Request(built.request.url, { method: built.request.method, headers: built.request.headers }),
      ).not.toThrow();
    }
  });

  test("has counter-examples, and each of them is refused at its place", () => {
    expect(action.counterExamples.length).toBeGreaterThan(0);
    for (const { input, pointer } of action.counterExamples) {
      const checked = check(input);
      expect(checked.ok ? `taken: ${JSON.stringify(input)}` : checked.failure.message).toContain(
        pointer === "" ? "The input " : `The input at ${pointer} `,
      );
    }
  });

  test("takes no unknown member, and names what it requires", () => {
    expect(action.input).toMatchObject({ type: "object", additionalProperties: false, required: expect.any(Array) });
  });

  test("has an output schema whose examples hold", () => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(action.output);
    expect(examplesOf(action.output).length).toBeGreaterThan(0);
    for (const example of examplesOf(action.output)) expect(validate(example)).toBe(true);
  });
});
