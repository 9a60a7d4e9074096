// Which operators work on lists?
import { truthy } from "../coerce.ts";
import { unitsOfItems } from "../meter.ts";
import type { Evaluation, LazyOperatorTable, OperatorTable } from "../operator.ts";

export const listOperators: OperatorTable = new Map([
  [
    "merge",
    (operands, { meter }) => {
      // Charged before it is built: a list that doubles must not exist once too often.
      for (const operand of operands) meter.charge(Array.isArray(operand) ? unitsOfItems(operand.length) : 1);
      return operands.flat();
    },
  ],
]);

/** The operators whose second operand is evaluated once for each item, with the item as its data. */
export const iterationOperators: LazyOperatorTable = new Map([
  ["map", ([list, body], evaluation, data) => items(list, evaluation, data).map(bodyOf(body, evaluation))],
  [
    "filter",
    ([list, body], evaluation, data) => {
      const of = bodyOf(body, evaluation);
      return items(list, evaluation, data).filter((item) => truthy(of(item)));
    },
  ],
  [
    "all",
    ([list, body], evaluation, data) => {
      const [found, of] = [items(list, evaluation, data), bodyOf(body, evaluation)];
      return found.length > 0 && found.every((item) => truthy(of(item)));
    },
  ],
  ["some", ([list, body], evaluation, data) => isSome(list, body, evaluation, data)],
  ["none", ([list, body], evaluation, data) => !isSome(list, body, evaluation, data)],
  [
    "reduce",
    ([list, body, start], evaluation, data) => {
      const found = evaluation.apply(list, data);
      const initial = start === undefined ? null : evaluation.apply(start, data);
      if (!Array.isArray(found)) return initial;
      let accumulator = initial;
      for (const current of found as unknown[]) accumulator = evaluation.apply(body, { current, accumulator });
      return accumulator;
    },
  ],
]);

function isSome(list: unknown, body: unknown, evaluation: Evaluation, data: unknown): boolean {
  const of = bodyOf(body, evaluation);
  return items(list, evaluation, data).some((item) => truthy(of(item)));
}

function items(list: unknown, evaluation: Evaluation, data: unknown): unknown[] {
  const found = evaluation.apply(list, data);
  return Array.isArray(found) ? found : [];
}

function bodyOf(body: unknown, evaluation: Evaluation): (item: unknown) => unknown {
  return (item) => evaluation.apply(body, item) ?? null;
}
