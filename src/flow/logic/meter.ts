// How much work has an evaluation done, and when must it stop?

/** Ends an evaluation from any depth. Caught at the evaluator's own rim, so no caller ever sees it thrown. */
export class Halt extends Error {
  readonly code: "budget" | "invalid";

  constructor(code: "budget" | "invalid", message: string) {
    super(message);
    this.name = "Halt";
    this.code = code;
  }
}

export type Meter = {
  /** Adds to the bill; halts the evaluation when the bill is over its limit. */
  charge(units: number): void;
  spent(): number;
};

// Work on text is far cheaper than a step of the interpreter: this many characters weigh as much as one step.
const charactersPerUnit = 256;
// Copying a list's items likewise.
const itemsPerUnit = 8;

/** A meter over `limit` units; `noun` names what is measured in the message. */
export function createMeter(limit: number, noun: string): Meter {
  let spent = 0;
  return {
    charge(units) {
      spent += units;
      if (spent > limit) throw new Halt("budget", `The ${noun} does more work than its budget of ${limit} allows.`);
    },
    spent: () => spent,
  };
}

/** What reading or writing a text of so many characters costs. */
export function unitsOfText(characters: number): number {
  return Math.ceil(characters / charactersPerUnit);
}

/** What copying a list of so many items costs. */
export function unitsOfItems(items: number): number {
  return Math.ceil(items / itemsPerUnit);
}

/** What looking for one text in another costs: the worst case grows with the product of their lengths. */
export function unitsOfSearch(text: number, sought: number): number {
  return unitsOfText(text) * (1 + unitsOfText(sought));
}
