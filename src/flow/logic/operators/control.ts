// Which operators decide what else is evaluated?
import { truthy } from "../coerce.ts";
import type { LazyOperator, LazyOperatorTable } from "../operator.ts";

const choose: LazyOperator = (rules, evaluation, data) => {
  let i = 0;
  for (; i + 1 < rules.length; i += 2) {
    if (truthy(evaluation.apply(rules[i], data))) return evaluation.apply(rules[i + 1], data);
  }
  return i < rules.length ? evaluation.apply(rules[i], data) : null;
};

/** The operators that leave operands unevaluated. `and` and `or` answer the value that decided. */
export const controlOperators: LazyOperatorTable = new Map<string, LazyOperator>([
  ["if", choose],
  ["?:", choose],
  [
    "and",
    (rules, evaluation, data) => {
      let value: unknown;
      for (const rule of rules) {
        value = evaluation.apply(rule, data);
        if (!truthy(value)) return value;
      }
      return value;
    },
  ],
  [
    "or",
    (rules, evaluation, data) => {
      let value: unknown;
      for (const rule of rules) {
        value = evaluation.apply(rule, data);
        if (truthy(value)) return value;
      }
      return value;
    },
  ],
  ["$literal", ([value]) => value],
]);
