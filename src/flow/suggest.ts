// What did the author mean? The nearest known word to one that is not known.

/** Longer words are not compared: the work grows with the square of the length, and the word comes from outside. */
const wordLengthMax = 64;

/**
 * The candidate that is a slip of the pen away from `word`, or nothing when none is near: one edit for three letters,
 * two for five, three for seven (`retries` means `retry`). An edit inserts, drops, replaces or swaps neighbours; case does not count.
 * A word of five letters or more that is how one candidate begins, and only one, means that one.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > wordLengthMax) return undefined;
  const folded = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.round(word.length * 0.4)) + 1;
  const longer: string[] = [];
  for (const candidate of candidates) {
    if (word.length >= 5 && candidate.toLowerCase().startsWith(folded)) longer.push(candidate);
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(folded, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return bestDistance > 1 && longer.length === 1 ? longer[0] : best;
}

/** Optimal string alignment distance: Levenshtein, with a swap of neighbours as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        cell(last, column) + 1,
        cell(current, column - 1) + 1,
        cell(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, cell(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return cell(last, b.length);
}

function cell(row: number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
