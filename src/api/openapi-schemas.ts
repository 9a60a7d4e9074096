// Which schemas of the OpenAPI document have a name? The nouns of the API, and every schema with a title of one word.
import { attemptExamples, attemptSchema } from "../model/attempt.ts";
import { bulkRequestSchema, bulkRetryExamples, bulkRetrySchema, refusalSchema } from "../model/bulk-retry.ts";
import { connectionSchema } from "../model/connection.ts";
import {
  deliveryRefusalSchema,
  recoverSchema,
  recoveryExamples,
  recoverySchema,
  replayMissedSchema,
  retryManySchema,
} from "../model/delivery-recovery.ts";
import { deadLetterExamples, deadLetterSchema, deliveryExamples, deliverySchema } from "../model/delivery-schema.ts";
import { publishExamples, publishSchema } from "../model/event.ts";
import { failureExamples, failureSchema } from "../model/failure.ts";
import { flowExamples } from "../model/flow-examples.ts";
import { flowSchema } from "../model/flow.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingExamples, findingSchema, problemExamples, problemSchema } from "../model/problem.ts";
import { retryPolicyExamples, retryPolicySchema } from "../model/retry.ts";
import { runExamples, runSchema } from "../model/run.ts";
import { stepExamples, stepSchema } from "../model/step.ts";
import { templateDraftExamples, templateDraftSchema } from "../model/template.ts";
import { templateRowSchema, templateViewSchema } from "./template-views.ts";

/** Nouns whose schemas stand for themselves elsewhere, and have no title there. */
const nouns = new Map<unknown, { name: string; examples?: readonly unknown[] }>([
  [flowSchema, { name: "Flow", examples: flowExamples }],
  [publishSchema, { name: "Publish", examples: publishExamples }],
  [retryPolicySchema, { name: "RetryPolicy", examples: retryPolicyExamples }],
  [runSchema, { name: "Run", examples: runExamples }],
  [stepSchema, { name: "Step", examples: stepExamples }],
  [attemptSchema, { name: "Attempt", examples: attemptExamples }],
  [deliverySchema, { name: "Delivery", examples: deliveryExamples }],
  [retryManySchema, { name: "RetryDeliveries" }],
  [recoverSchema, { name: "RecoverEndpoint" }],
  [replayMissedSchema, { name: "ReplayMissed" }],
  [recoverySchema, { name: "DeliveryRecovery", examples: recoveryExamples }],
  [deliveryRefusalSchema, { name: "DeliveryRefusal" }],
  [deadLetterSchema, { name: "DeadLetter", examples: deadLetterExamples }],
  [failureSchema, { name: "Failure", examples: failureExamples }],
  [connectionSchema, { name: "Connection" }],
  [bulkRequestSchema, { name: "BulkRequest" }],
  [bulkRetrySchema, { name: "BulkRetry", examples: bulkRetryExamples }],
  [refusalSchema, { name: "BulkRefusal" }],
  [templateDraftSchema, { name: "TemplateDraft", examples: templateDraftExamples }],
  [templateRowSchema, { name: "TemplateRow" }],
  [templateViewSchema, { name: "TemplateView" }],
  [findingSchema, { name: "Finding", examples: findingExamples }],
  [problemSchema, { name: "Problem", examples: problemExamples }],
]);

export type SchemaNames = {
  /** A schema with references in place of the named ones that it holds. */
  referring(schema: unknown): unknown;
  /** The named schemas that were referred to, with what they refer to themselves. */
  components(): { [name: string]: unknown };
};

/**
 * Collects the named schemas of one document. The definitions of a named schema stand beside it: `#/$defs/step` of a flow
 * is `FlowStep`. Throws when two schemas have one name.
 */
export function createSchemaNames(): SchemaNames {
  const known = new Map<string, { source: unknown; schema: unknown }>();

  const referring = (value: unknown, owner = ""): unknown => {
    const name = nameOf(value);
    if (name === undefined) return inside(value, owner);
    const before = known.get(name);
    if (!before) define(name, value);
    else if (before.source !== value) throw new Error(`Two schemas of the API have the name ${name}.`);
    return { $ref: `#/components/schemas/${name}` };
  };
  const define = (name: string, source: unknown) => {
    // Only objects have names. What a schema says of itself is not for the place where it is referred to.
    const { $schema: _, $defs, ...rest } = source as JsonSchema;
    const entry: { source: unknown; schema: unknown } = { source, schema: undefined };
    // Known before its parts are looked at: a schema may refer to itself.
    known.set(name, entry);
    const examples = nouns.get(source)?.examples;
    entry.schema = { ...Object(inside(rest, name)), ...(examples ? { examples } : {}) };
    for (const [part, definition] of Object.entries(($defs ?? {}) as { [name: string]: JsonSchema })) {
      known.set(liftedName(name, part), { source: definition, schema: inside(definition, name) });
    }
  };
  const inside = (value: unknown, owner: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => referring(item, owner));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => {
        if (key === "$ref" && typeof child === "string") return [key, lifted(child, owner)];
        // What stands in examples and enumerations is data, even where it looks like a schema.
        return [key, isData(key) ? child : referring(child, owner)];
      }),
    );
  };

  return {
    referring: (schema) => referring(schema),
    components: () => Object.fromEntries([...known].map(([name, { schema }]) => [name, schema])),
  };
}

function nameOf(value: unknown): string | undefined {
  const noun = nouns.get(value)?.name;
  if (noun !== undefined || typeof value !== "object" || value === null || !("title" in value)) return noun;
  const { title } = value;
  return typeof title === "string" && /^[A-Z][A-Za-z]*$/.test(title) && "type" in value ? title : undefined;
}

function isData(keyword: string): boolean {
  return (
    keyword === "examples" ||
    keyword === "example" ||
    keyword === "enum" ||
    keyword === "const" ||
    keyword === "default"
  );
}

function lifted(ref: string, owner: string): string {
  return ref.replace(/^#\/\$defs\/(\w+)$/, (_, part: string) => `#/components/schemas/${liftedName(owner, part)}`);
}

function liftedName(owner: string, part: string): string {
  return owner + part.charAt(0).toUpperCase() + part.slice(1);
}
