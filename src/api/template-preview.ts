// Which text would a message template give for an event?
import { checkMessage, renderMessage } from "../flow/message.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { AppError } from "../model/errors.ts";
import { trialEventSchema } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import {
  parseTemplateName,
  templateKindSchema,
  templateTextSchema,
  type PlanMessage,
  type TemplateKind,
  type TemplateSample,
} from "../model/template.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonBody, route, type Route } from "./route.ts";
import { shippedTemplates } from "./shipped-templates.ts";
import { lookupTemplates } from "./template-lookup.ts";

type PreviewEvent = { type: string; data: Json; id?: string; occurredAt?: string };
type Source = { kind: TemplateKind; text: string } | { template: string };
type Preview = Source & { event?: PreviewEvent; steps?: JsonObject; vars?: JsonObject; error?: JsonObject };

const bodySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    kind: templateKindSchema,
    text: templateTextSchema,
    template: { type: "string", maxLength: 80, description: "A saved or shipped one: `slug` or `slug@version`." },
    event: { ...trialEventSchema, description: "Without it, the template's sample." },
    steps: { type: "object", description: "Outputs by id of the step." },
    vars: { type: "object" },
    error: { type: "object", description: "What `error` is in the steps of `onError` and `onFailure`." },
  },
  oneOf: [{ required: ["text"] }, { required: ["template"] }],
  dependentRequired: { text: ["kind"] },
};

export function previewRoute({ store }: Pick<ApiDeps, "store">): Route {
  return route({
    method: "post",
    path: "/v1/templates/preview",
    scope: "templates:read",
    tag: "Message templates",
    summary: "The text that a message template gives for an event: nothing is saved or sent",
    description: "`flow`, `run` and `error` are stand-ins, so that templates which read them show something.",
    body: jsonBody<Preview>(bodySchema, { check: checkPreview, invalidCode: "template.invalid" }),
    responses: {
      200: {
        description: "The rendered text and its size in bytes of UTF-8.",
        schema: {
          type: "object",
          required: ["text", "bytes"],
          properties: { text: { type: "string" }, bytes: { type: "integer" } },
        },
      },
    },
    async handler({ tenantId, body }) {
      const { message, sample } = "template" in body ? await namedMessage(store, tenantId, body.template) : given(body);
      const event = body.event ?? sample;
      if (event === null) {
        throw refusal({ pointer: "/event", code: "required", message: "There is no sample: give an event." });
      }
      const rendered = renderMessage(message, scopeOf(tenantId, body, event));
      if (!rendered.ok) {
        const pointer = "template" in body ? "/template" : "/text";
        throw refusal({ pointer, code: rendered.code, message: rendered.message });
      }
      const { text } = rendered;
      return { status: 200, body: { text, bytes: Buffer.byteLength(text) } };
    },
  });
}

const checkShape = createSchemaCheck(bodySchema);

function checkPreview(value: unknown): Finding[] {
  const findings = checkShape(value).map(({ keyword: _, ...finding }) => finding);
  if (findings.length > 0) return findings;
  const preview = value as Preview; // The schema has let it through.
  if ("template" in preview) return [];
  return checkMessage(preview.kind, preview.text).map((finding) => ({ ...finding, pointer: "/text" }));
}

type Chosen = { message: Pick<PlanMessage, "kind" | "text">; sample: TemplateSample | null };

function given({ kind, text }: { kind: TemplateKind; text: string }): Chosen {
  return { message: { kind, text }, sample: null };
}

async function namedMessage(store: ApiDeps["store"], tenantId: TenantId, named: string): Promise<Chosen> {
  const name = parseTemplateName(named);
  const lookup = await lookupTemplates(store.templates, shippedTemplates, tenantId, { $template: named });
  const found = name === undefined ? undefined : lookup.find(name);
  if (name === undefined || found === undefined) {
    const message = `There is no message template \`${named}\`.`;
    throw refusal({ pointer: "/template", code: "template.unknown", message });
  }
  if (found === "archived") {
    const message = `The message template \`${name.slug}\` is archived: restore it first.`;
    throw refusal({ pointer: "/template", code: "template.unknown", message });
  }
  const own = await store.templates.find(tenantId, name.slug);
  const sample = own === undefined ? (shippedTemplates.get(name.slug)?.sample ?? null) : own.sample;
  return { message: found, sample };
}

const exampleError: Failure & { step: string } = {
  step: "step",
  class: "permanent",
  code: "http_400",
  message: "The receiver answered 400.",
  status: 400,
};

function scopeOf(tenantId: TenantId, preview: Preview, event: PreviewEvent) {
  const { steps = {}, vars = {}, error = exampleError } = preview;
  return {
    event: { id: "evt_preview", occurredAt: new Date().toISOString(), ...event },
    steps,
    vars,
    error,
    flow: { id: "flow_preview", slug: "preview", name: "Preview", version: 1 },
    run: { id: "run_preview" },
    tenant: { id: tenantId },
    env: {},
  };
}

function refusal(finding: Finding): AppError {
  const detail = "The template cannot be shown: `errors` says where and why.";
  return new AppError("template.invalid", { detail, errors: [finding] });
}
