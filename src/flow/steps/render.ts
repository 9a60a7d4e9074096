// Which values can be taken as they stand, and which have to be rendered outside?
import type { Values } from "../../model/flow.ts";
import type { Uses } from "../../model/plan.ts";
import type { EffectResult, Effects } from "../effects.ts";
import { type RunScope, sliceScope } from "../scope.ts";

/** The values with their templates filled. Values without templates cost no effect: they are answered as they stand. */
export async function resolveValues(
  values: Values,
  uses: Uses,
  scope: RunScope,
  effects: Effects,
): Promise<EffectResult> {
  if (isPlain(values)) return { outcome: "succeeded", output: values };
  return effects.render(values, uses, sliceScope(scope, uses));
}

/** Whether values hold no template and no special node (`$logic`, `$literal`, `$message`). Works with a list, so depth costs no stack. */
function isPlain(values: Values): boolean {
  const open: Values[] = [values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === "string" && value.includes("{{")) return false;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      if (key === "$logic" || key === "$literal" || key === "$message") return false;
      open.push(member);
    }
  }
  return true;
}
