// Which operators calculate?
import { leadingNumberOf, numberOf } from "../coerce.ts";
import { Halt } from "../meter.ts";
import type { OperatorTable } from "../operator.ts";

export const arithmeticOperators: OperatorTable = new Map([
  ["+", (operands, { meter }) => operands.reduce<number>((sum, item) => sum + leadingNumberOf(item, meter), 0)],
  [
    "*",
    (operands, { meter }) => {
      if (operands.length === 0) throw new Halt("invalid", 'The operator "*" needs at least one operand.');
      return operands.reduce((product, item) => leadingNumberOf(product, meter) * leadingNumberOf(item, meter));
    },
  ],
  ["-", ([a, b], { meter }) => (b === undefined ? -numberOf(a, meter) : numberOf(a, meter) - numberOf(b, meter))],
  ["/", ([a, b], { meter }) => numberOf(a, meter) / numberOf(b, meter)],
  ["%", ([a, b], { meter }) => numberOf(a, meter) % numberOf(b, meter)],
  ["min", (operands, { meter }) => operands.reduce<number>((a, b) => Math.min(a, numberOf(b, meter)), Infinity)],
  ["max", (operands, { meter }) => operands.reduce<number>((a, b) => Math.max(a, numberOf(b, meter)), -Infinity)],
]);
