// What holds for every connector and every action: their data, and how they meet each fault of the matrix.
import { Ajv2020 } from "ajv/dist/2020.js";
import { connectors } from "../../connectors/index.ts";
import { actionsByUse } from "../../src/connector/contract.ts";
import type { Action, Connector } from "../../src/connector/contract.ts";
import { checkCredentials } from "../../src/connector/credentials.ts";
import type { Executor, Performed, PerformInput, Waiting } from "../../src/connector/executor.ts";
import { compileInput, schemaHints } from "../../src/connector/input.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { decideRetry } from "../../src/flow/retry.ts";
import { failureClasses } from "../../src/model/failure.ts";
import type { Json, JsonObject, JsonSchema } from "../../src/model/json.ts";
import { anExecutor } from "../support/executor.ts";
import { startReceiver, type Respond } from "../support/receiver.ts";
import {
  answerOf,
  expectedOf,
  faultNames,
  matrixNowMs,
  respondWith,
  type Called,
  type FaultName,
} from "./fault-matrix.ts";
import { fixtureConnections, formsOf, methodOf, type FixtureConnections } from "./fixture-connections.ts";
import { fixtures, type ActionFixture, type ConnectorFixture } from "./fixtures.ts";

/** Unsafe writes that nothing can be looked up for: their failures ask a person. */
const unsafeByIntent = ["slack.postMessage"];

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());

const actions: [string, Action][] = [...actionsByUse(connectors)];
const event = { id: "evt_1", type: "review.created", occurredAt: "2026-11-21T10:00:00.000Z", dataText: '{"a":1}' };
const tenantSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** The schemas' own keyword; a missing list fails the tests below. */
function examplesOf(schema: JsonSchema): Json[] {
  return (schema["examples"] ?? []) as Json[];
}

test("every connector, action and way to authenticate has a fixture", () => {
  expect(fixtures.map(({ connector }) => connector).sort()).toEqual(connectors.map(({ id }) => id).sort());
  for (const { connector, fixture } of covered()) {
    const called = new Set(fixture.actions.map(({ action }) => action));
    expect([...called].sort()).toEqual(connector.actions.map(({ id }) => id).sort());
    const kinds = fixture.credentials.map(({ kind }) => kind);
    expect(kinds).toEqual((connector.auth?.methods ?? []).map(({ kind }) => kind));
  }
});

function covered(): { connector: Connector; fixture: ConnectorFixture }[] {
  return fixtures.map((fixture) => {
    const connector = connectors.find(({ id }) => id === fixture.connector);
    if (connector === undefined) throw new Error(`There is no connector ${fixture.connector}.`);
    return { connector, fixture };
  });
}

describe.each(covered())("$connector.id", ({ connector, fixture }) => {
  const policy = { allowHttp: false, allowNetworks: [] };

  test("whether its credentials work can be asked, unless they only sign", () => {
    const methods = connector.auth?.methods ?? [];
    const canBeAsked = connector.check !== undefined || methods.some(({ token }) => token !== undefined);
    expect(canBeAsked || methods.every(({ kind }) => kind === "signing")).toBe(true);
  });

  test.each(fixture.credentials)("credentials of the kind $kind hold, and so do the schema's examples", (given) => {
    const { credentials } = methodOf(connector, given);
    const [first] = examplesOf(credentials);
    expect(first).toBeDefined();
    const secret = Object.values(credentials["properties"] as JsonObject).some(
      (one) => Object(one)["x-secret"] === true,
    );
    expect(secret).toBe(true);
    expect(checkCredentials(connector, given.credentials, given.kind, policy)).toMatchObject({ ok: true });
  });

  test.each(fixture.credentials)("counter-examples of the kind $kind are refused at their place", (given) => {
    const { counterExamples } = methodOf(connector, given);
    expect(counterExamples.length).toBeGreaterThan(0);
    for (const { input, pointer } of counterExamples) {
      // Counter-examples of credentials are objects, as their schemas are.
      const checked = checkCredentials(connector, input as JsonObject, given.kind, policy);
      const pointers = checked.ok ? ["taken"] : checked.findings.map((one) => one.pointer);
      expect(pointers).toContain(`/credentials${pointer}`);
    }
  });
});

describe.each(actions)("%s", (use, action) => {
  const check = compileInput(action);

  test("has examples, and each of them is taken", () => {
    const examples = examplesOf(action.input);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const checked = check(example);
      if (!checked.ok) throw new Error(checked.failure.message);
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
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    for (const hint of schemaHints) ajv.addKeyword(hint);
    const validate = ajv.compile(action.output);
    expect(examplesOf(action.output).length).toBeGreaterThan(0);
    for (const example of examplesOf(action.output)) expect(validate(example) || validate.errors).toBe(true);
  });

  test("an unsafe write can be looked for, or it is known that it cannot", () => {
    const isUnsafe = action.effect === "unsafe-write";
    expect(isUnsafe && action.reconcile === undefined).toBe(unsafeByIntent.includes(use));
  });
});

type Case = {
  title: string;
  use: string;
  connector: Connector;
  action: Action;
  fixture: ConnectorFixture;
  given: ActionFixture;
};

const cases: Case[] = covered().flatMap(({ connector, fixture }) =>
  fixture.actions.map((given, index) => {
    const action = connector.actions.find(({ id }) => id === given.action);
    if (action === undefined) throw new Error(`There is no action ${connector.id}.${given.action}.`);
    const use = `${connector.id}.${given.action}`;
    return {
      title: `${use} (${index + 1}: ${kindOf(fixture, given) ?? "none"})`,
      use,
      connector,
      action,
      fixture,
      given,
    };
  }),
);

function kindOf(fixture: ConnectorFixture, { kind }: ActionFixture): string | undefined {
  return kind === "none" ? undefined : (kind ?? fixture.credentials[0]?.kind);
}

/** An executor whose connection points to the fake, and what it is asked. */
function called({ connector, use, fixture, given }: Case, url: string) {
  const kind = kindOf(fixture, given);
  const credentials = fixture.credentials.find((one) => one.kind === kind);
  const connections: FixtureConnections | undefined = credentials && fixtureConnections(connector, credentials, url);
  const executor: Executor = anExecutor({
    http,
    connectors,
    nowMs: () => matrixNowMs,
    ...(connections ? { connections } : {}),
  });
  const input: PerformInput = {
    use,
    input: given.input(url),
    tenantId: "tnt_1",
    ...(connections ? { connection: "mine" } : {}),
    call: { deliveryId: "msg_1", attempt: 1, willRetry: true, nowMs: matrixNowMs, event },
    tenantSecrets: [tenantSecret],
    timeoutMs: 5_000,
  };
  return {
    executor,
    input,
    canaries: [tenantSecret, ...(connections?.canaries ?? [])],
    hasToken: tokenOf(connector, kind),
  };
}

function tokenOf(connector: Connector, kind: string | undefined): boolean {
  return connector.auth?.methods.some((method) => method.kind === kind && method.token !== undefined) ?? false;
}

describe.each(cases)("$title", (one) => {
  const { action, connector, fixture, given } = one;
  const calledAs = (hasToken: boolean): Called => ({
    effect: action.effect,
    hasToken,
    refusalsCount: connector.refusalsCount === true && kindOf(fixture, given) !== undefined,
  });

  test.each(faultNames)("%s", async (fault) => {
    await using receiver = await startReceiver();
    receiver.respond(respondWith(fault, given, fixture.errors));
    const { executor, input, canaries, hasToken } = called(one, receiver.url);
    if (fault === "reset before sending") await receiver[Symbol.asyncDispose]();
    const timeoutMs = fault === "timeout after sending" ? 150 : input.timeoutMs;
    const performed = await executor.perform({ ...input, timeoutMs });
    const expected = expectedOf(fault, calledAs(hasToken), given.endings);
    expect({ ending: endingOf(performed), requests: receiver.requests.length }).toEqual({
      ending: expected.ending,
      requests: expected.requests,
    });
    expectDecision(fault, performed, expected.retryAfterMs);
    expectNone(canaries, performed);
  });

  const errors = [
    ...(given.errorsIn200 ?? []),
    ...(given.limitAs403 ? [{ title: "a limit as 403", ...given.limitAs403 }] : []),
  ];
  if (errors.length > 0) {
    test.each(errors)("$title is $ending", async ({ answer, ending }) => {
      await using receiver = await startReceiver();
      receiver.respond(() => answerOf(answer));
      const { executor, input, canaries, hasToken } = called(one, receiver.url);
      const performed = await executor.perform(input);
      const isRefusal = ending === "auth_revoked" && calledAs(hasToken).refusalsCount;
      expect(endingOf(performed)).toBe(isRefusal ? "waiting" : ending);
      expectNone(canaries, performed);
    });
  }

  if (given.reconcile) {
    const { found, missing } = given.reconcile;
    test.each<[string, Respond, object]>([
      ["finds what has happened", () => answerOf(found), { outcome: "happened" }],
      ["finds that nothing has happened", () => answerOf(missing), { outcome: "did_not_happen" }],
      ["may be repeated after 503", () => ({ status: 503 }), { outcome: "unknown", again: true }],
      ["may be repeated after a reset", () => "reset", { outcome: "unknown", again: true }],
      [
        "may be repeated after an answer that cannot be read",
        () => ({ body: '{"na' }),
        { outcome: "unknown", again: true },
      ],
      ["says so when it may not look", () => ({ status: 403 }), { outcome: "unknown" }],
    ])("the look-up %s", async (_, respond, expected) => {
      await using receiver = await startReceiver();
      receiver.respond(respond);
      const { executor, input, canaries } = called(one, receiver.url);
      const looked = await executor.reconcile(input);
      expect(looked).toMatchObject(expected);
      expect("again" in looked).toBe("again" in expected);
      expect(receiver.requests).toHaveLength(1);
      expectNone(canaries, looked);
    });
  }
});

function endingOf(performed: Performed | Waiting): string {
  if ("waiting" in performed) return "waiting";
  return performed.outcome.ok ? "ok" : performed.outcome.failure.class;
}

/** Whether, and when, a policy that says nothing of its own would try again. */
function expectDecision(fault: FaultName, performed: Performed | Waiting, retryAfterMs: number | undefined): void {
  if ("waiting" in performed || performed.outcome.ok) return;
  const { failure, retryAfterMs: asked } = performed.outcome;
  expect([fault, asked]).toEqual([fault, retryAfterMs]);
  const plan = { delaysMs: [1_000], jitter: "none" as const };
  const decision = decideRetry({ plan, attempt: 1, failure, elapsedMs: 0, random: 0, retryAfterMs: asked });
  const delayMs = Math.max(1_000, retryAfterMs ?? 0);
  expect(decision).toEqual(
    failureClasses[failure.class].retried ? { retry: true, delayMs } : { retry: false, why: "class" },
  );
}

function expectNone(canaries: string[], recorded: object): void {
  const text = JSON.stringify(recorded);
  const found = canaries.filter((canary) => canary.length >= 6 && formsOf(canary).some((form) => text.includes(form)));
  expect(found).toEqual([]);
}

// The suite itself must be able to tell.
test("a secret that is recorded is noticed", () => {
  expect(() =>
    expectNone(["canary-token"], { message: `Basic ${Buffer.from("canary-token").toString("base64")}` }),
  ).toThrow("canary-token");
});
