// Is an event type sound? Its schema may be compiled, and its example is what the schema takes.
import type { PayloadJudge } from "../flow/payload/judge.ts";
import type { EventTypeChange } from "../model/event-type.ts";
import { AppError } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";

/** Throws AppError `request.invalid` with every finding of the schema, or the first of the example. */
export async function refuseUnsound(judge: PayloadJudge, { schema, example, mode }: EventTypeChange): Promise<void> {
  if (schema === undefined) {
    if (mode === undefined || mode === "off") return;
    const message = `A type of mode "${mode}" needs a \`schema\` to hold data against.`;
    throw new AppError("request.invalid", {
      detail: message,
      errors: [{ pointer: "/schema", code: "required", message }],
    });
  }
  const findings = await judge.checkSchema(schema);
  if (findings.length > 0) throw invalidAt("/schema", "The schema is not one that can be used", findings);
  if (example !== undefined)
    await refuseValue(judge, schema, example, "/example", "The example does not fit the schema");
}

/** Throws AppError `request.invalid` when a value is not what a schema takes; `pointer` leads to the value. */
export async function refuseValue(
  judge: PayloadJudge,
  schema: JsonSchema,
  value: unknown,
  pointer: string,
  detail: string,
): Promise<void> {
  const findings = await judge.checkValue(schema, value);
  if (findings.length > 0) throw invalidAt(pointer, detail, findings);
}

function invalidAt(pointer: string, detail: string, findings: Finding[]): AppError {
  const errors = findings.map((one) => ({ ...one, pointer: pointer + one.pointer }));
  return new AppError("request.invalid", { detail: `${detail}: \`errors\` says where and why.`, errors });
}
