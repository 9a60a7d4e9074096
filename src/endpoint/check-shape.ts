// Are these settings of an endpoint well formed, and do their parts hold, as far as they say it themselves?
import { checkUrl, type AddressPolicy } from "../delivery/address.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { endpointGivenSchema, type EndpointGiven } from "../model/endpoint-given.ts";
import type { Finding } from "../model/problem.ts";
import { contentFindings } from "./check-content.ts";

const checkSchema = createSchemaCheck(endpointGivenSchema);

/**
 * What is wrong with settings by their schema, and then also what else can be said without looking anything up, so that
 * one wrong member does not hide the others. Empty for an `EndpointGiven`.
 */
export function checkShape(given: unknown, policy: AddressPolicy, nowMs: number): Finding[] {
  const shape = checkSchema(given).map(({ keyword: _, ...finding }) => finding);
  if (shape.length === 0 || typeof given !== "object" || given === null || Array.isArray(given)) return shape;
  const wrong = new Set(shape.map(({ pointer }) => memberOf(pointer)));
  // Safe: of a wrong document only the members are looked at in which the schema finds nothing.
  const sound = Object.fromEntries(
    Object.entries(given).filter(([name]) => !wrong.has(name)),
  ) as Partial<EndpointGiven>;
  const { errors } = contentFindings(sound, nowMs);
  return [...shape, ...urlFindings(sound, policy), ...errors];
}

/** What the texts of addresses alone say. */
function urlFindings({ url, oauth2 }: Partial<EndpointGiven>, policy: AddressPolicy): Finding[] {
  const given: [string, string | undefined][] = [
    ["/url", url],
    ["/oauth2/tokenUrl", oauth2?.tokenUrl],
  ];
  return given.flatMap(([pointer, text]) => {
    const verdict = text === undefined ? undefined : checkUrl(text, policy);
    return verdict?.ok === false ? [{ pointer, code: verdict.code, message: verdict.message }] : [];
  });
}

function memberOf(pointer: string): string {
  return (pointer.split("/")[1] ?? "").replaceAll("~1", "/").replaceAll("~0", "~");
}
