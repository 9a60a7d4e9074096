// Which functions does the template language have? This folder is a registry: a new function is an entry in one of its tables.
import type { TemplateKind } from "../../../model/template.ts";
import type { FunctionTable } from "../function.ts";
import { comparisonFunctions } from "./comparison.ts";
import { encodeFunctions } from "./encode.ts";
import { formatFunctions } from "./format.ts";
import { listFunctions } from "./list.ts";
import { plainFunctions } from "./plain.ts";
import { slackFunctions } from "./slack.ts";
import { textFunctions } from "./text.ts";

/** What every template may call: those in the values of flows and messages of each kind. */
export const functions: FunctionTable = new Map([
  ...comparisonFunctions,
  ...textFunctions,
  ...formatFunctions,
  ...listFunctions,
  ...encodeFunctions,
]);

/** What only messages of one kind may call. No name stands in two tables: the renderer knows a function by its name. */
export const functionsByKind: { readonly [kind in TemplateKind]: FunctionTable } = {
  slack: slackFunctions,
  email: plainFunctions,
  text: new Map(),
};

/** Every function, for rendering: which of them a template may call was asked when it was parsed. */
export const allFunctions: FunctionTable = new Map([
  ...functions,
  ...Object.values(functionsByKind).flatMap((table) => [...table]),
]);
