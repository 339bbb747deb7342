/** "12", "0.25", "1e-3"; what has more points than one is no number, and stays one piece. */
export const NUMBER_IN_NAME = /\d+(?:\.\d+)*(?:e[-+]?\d+)?/gi;

const WORDS = new Intl.Collator("en", { numeric: true });

/**
 * Orders names as people count: "step-9" before "step-10", "lr-0.05" before "lr-0.1" before "lr-1", "1e-4" before "5e-4", and
 * versions ("1.2.9" before "1.2.10") piece by piece.
 *
 * @example
 * ["lr-0.1", "lr-0.05"].toSorted(compareNatural); // ["lr-0.05", "lr-0.1"]
 */
export function compareNatural(one: string, other: string): number {
  const [here, there] = [piecesOf(one), piecesOf(other)];
  for (let i = 0; i < Math.min(here.length, there.length); i++) {
    const [a, b] = [Number(here[i]), Number(there[i])];
    // Every other piece is a number.
    const byNumber = i % 2 === 1 && Number.isFinite(a) && Number.isFinite(b) ? a - b : 0;
    const order = byNumber || WORDS.compare(here[i], there[i]);
    if (order !== 0) return order;
  }
  return here.length - there.length || WORDS.compare(one, other);
}

/** Words and numbers in turn. */
function piecesOf(name: string): string[] {
  const numbers = name.match(NUMBER_IN_NAME) ?? [];
  return name.split(NUMBER_IN_NAME).flatMap((word, i) => (i < numbers.length ? [word, numbers[i]] : [word]));
}
