import { minOf } from "./extremes.ts";

/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours
 * (Damerau 1964), each at cost 1.
 *
 * @example
 * editDistance("hessain", "hessian"); // 1
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, change);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

/** The candidates that a misspelt word may have meant, nearest first: at most three, none when all are far. */
export function similar(word: string, candidates: Iterable<string>): string[] {
  const lower = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(lower, candidate.toLowerCase()) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** How far a word is from what it may have meant, or from its first words ("hesian"), or its initials ("ce"); infinite when it is too far. */
function distanceTo(word: string, candidate: string): number {
  const parts = candidate.split("-");
  const initials = parts.length > 1 ? parts.map((part) => part[0]).join("") : undefined;
  if (word === initials || (word.length >= 3 && candidate.includes(word))) return 1;
  const beginnings = parts.slice(1).map((_, i) => 0.5 + nearness(word, parts.slice(0, i + 1).join("-")));
  return Math.min(nearness(word, candidate), minOf(beginnings));
}

function nearness(a: string, b: string): number {
  const distance = editDistance(a, b);
  return distance <= Math.max(1, Math.floor(Math.max(a.length, b.length) * 0.4)) ? distance : Number.POSITIVE_INFINITY;
}

/** "Did you mean a or b?", or undefined when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = similar(word, candidates);
  return found.length === 0 ? undefined : `Did you mean ${found.join(" or ")}?`;
}
