// Do the nouns' schemas take their examples and refuse their counter-examples, each for the reason that it names?
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import { attemptExamples, attemptSchema } from "../../src/model/attempt.ts";
import { recoveryExamples, recoverySchema } from "../../src/model/delivery-recovery.ts";
import {
  deadLetterExamples,
  deadLetterSchema,
  deliveryExamples,
  deliverySchema,
} from "../../src/model/delivery-schema.ts";
import { endpointCounterExamples, endpointExamples } from "../../src/model/endpoint-examples.ts";
import { endpointGivenSchema } from "../../src/model/endpoint-given.ts";
import { eventPatternSchema, publishCounterExamples, publishExamples, publishSchema } from "../../src/model/event.ts";
import { failureExamples, failureSchema } from "../../src/model/failure.ts";
import { flowCounterExamples, flowExamples } from "../../src/model/flow-examples.ts";
import { flowSchema } from "../../src/model/flow.ts";
import type { JsonSchema } from "../../src/model/json.ts";
import { planExamples, planSchema } from "../../src/model/plan.ts";
import { findingExamples, findingSchema, problemExamples, problemSchema } from "../../src/model/problem.ts";
import { retryPolicyCounterExamples, retryPolicyExamples, retryPolicySchema } from "../../src/model/retry.ts";
import { runExamples, runSchema } from "../../src/model/run.ts";
import { stepExamples, stepSchema } from "../../src/model/step.ts";
import { templateDraftCounterExamples, templateDraftExamples, templateDraftSchema } from "../../src/model/template.ts";

// Compiled once each: that takes longer than all the checks.
const checks = new Map<JsonSchema, ReturnType<typeof createSchemaCheck>>();
function checkOf(schema: JsonSchema): ReturnType<typeof createSchemaCheck> {
  const check = checks.get(schema) ?? createSchemaCheck(schema);
  checks.set(schema, check);
  return check;
}

type Noun = { noun: string; schema: JsonSchema; examples: readonly unknown[] };
const nouns: Noun[] = [
  { noun: "attempt", schema: attemptSchema, examples: attemptExamples },
  { noun: "endpoint", schema: endpointGivenSchema, examples: endpointExamples },
  { noun: "delivery", schema: deliverySchema, examples: deliveryExamples },
  { noun: "recovery of deliveries", schema: recoverySchema, examples: recoveryExamples },
  { noun: "dead letter", schema: deadLetterSchema, examples: deadLetterExamples },
  { noun: "event", schema: publishSchema, examples: publishExamples },
  { noun: "failure", schema: failureSchema, examples: failureExamples },
  { noun: "finding", schema: findingSchema, examples: findingExamples },
  { noun: "flow", schema: flowSchema, examples: flowExamples },
  { noun: "plan", schema: planSchema, examples: planExamples },
  { noun: "problem", schema: problemSchema, examples: problemExamples },
  { noun: "retry policy", schema: retryPolicySchema, examples: retryPolicyExamples },
  { noun: "run", schema: runSchema, examples: runExamples },
  { noun: "step", schema: stepSchema, examples: stepExamples },
  { noun: "message template", schema: templateDraftSchema, examples: templateDraftExamples },
];

test.each(nouns)("each example of a $noun is one", ({ schema, examples }) => {
  const check = checkOf(schema);
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(check(example)).toEqual([]);
});

test.each(nouns.filter(({ noun }) => noun !== "retry policy"))(
  "a $noun has no unknown members",
  ({ schema, examples }) => {
    const [example] = examples;
    const found = checkOf(schema)({ ...(example as object), surprise: 1 });
    expect(found).toEqual([expect.objectContaining({ pointer: "/surprise", code: "unknown" })]);
  },
);

const counterExamples = [
  ...flowCounterExamples.map(({ flow, ...row }) => ({ noun: "flow", schema: flowSchema, value: flow, ...row })),
  ...publishCounterExamples.map(({ event, ...row }) => ({
    noun: "event",
    schema: publishSchema,
    value: event,
    ...row,
  })),
  ...endpointCounterExamples.map(({ endpoint, ...row }) => ({
    noun: "endpoint",
    schema: endpointGivenSchema,
    value: endpoint,
    ...row,
  })),
  ...templateDraftCounterExamples.map(({ template, ...row }) => ({
    noun: "message template",
    schema: templateDraftSchema,
    value: template,
    ...row,
  })),
  ...retryPolicyCounterExamples.map(({ retry, ...row }) => ({
    noun: "retry policy",
    schema: retryPolicySchema,
    value: retry,
    ...row,
  })),
];

test.each(counterExamples)("no $noun: $why", ({ schema, value, pointer, code }) => {
  const found = checkOf(schema)(value).map((finding) => `${finding.code} at ${finding.pointer}`);
  expect(found).toContain(`${code} at ${pointer}`);
  // A misspelt kind leaves a step without one, and says both; every other mistake is told once.
  expect(found.length).toBeLessThanOrEqual(code === "unknown" ? 2 : 1);
});

test.each([
  ["review.created", true],
  ["review.*", true],
  ["*", true],
  ["a.b.*", true],
  ["review*", false],
  ["*.created", false],
  ["a.*.b", false],
  ["", false],
  [".a", false],
])("whether %j can be listened to: %j", (pattern, possible) => {
  expect(checkOf(eventPatternSchema)(pattern).length === 0).toBe(possible);
});
