// Which functions does the template language have? This folder is a registry: a new function is an entry in one of its tables.
import type { FunctionTable } from "../function.ts";
import { comparisonFunctions } from "./comparison.ts";
import { encodeFunctions } from "./encode.ts";
import { formatFunctions } from "./format.ts";
import { listFunctions } from "./list.ts";
import { textFunctions } from "./text.ts";

export const functions: FunctionTable = new Map([
  ...comparisonFunctions,
  ...textFunctions,
  ...formatFunctions,
  ...listFunctions,
  ...encodeFunctions,
]);
