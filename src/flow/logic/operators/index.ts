// Which operators does the rule language have? This folder is a registry: a new operator is an entry in one of its tables.
import type { LazyOperatorTable, OperatorTable } from "../operator.ts";
import { arithmeticOperators } from "./arithmetic.ts";
import { comparisonOperators } from "./comparison.ts";
import { controlOperators } from "./control.ts";
import { dataOperators, existenceOperators } from "./data.ts";
import { iterationOperators, listOperators } from "./list.ts";
import { textOperators } from "./text.ts";
import { timeOperators } from "./time.ts";

export const operators: OperatorTable = new Map([
  ...comparisonOperators,
  ...arithmeticOperators,
  ...textOperators,
  ...listOperators,
  ...dataOperators,
  ...timeOperators,
]);

export const lazyOperators: LazyOperatorTable = new Map([
  ...controlOperators,
  ...iterationOperators,
  ...existenceOperators,
]);
