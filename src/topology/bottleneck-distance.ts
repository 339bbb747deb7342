/** A bar as a point of a diagram. */
export interface DiagramPoint {
  readonly birth: number;
  /** +∞ for one that never ends. */
  readonly death: number;
}

/**
 * The bottleneck distance of two diagrams of one dimension: the least ε for which the points can be matched so that none is further
 * than ε (in the maximum norm) from its partner, where a point may also be matched with the nearest of the diagonal, half its length
 * away. Bars that never end are matched among themselves. It is never more than the largest difference of the two functions
 * (Cohen-Steiner, Edelsbrunner and Harer 2007).
 *
 * Exact: ε is one of the distances, found by bisection over all of them; each is tested by bipartite matching. A matching that covers
 * all that is longer than 2ε exists if and only if one covers those of the first diagram and another those of the second (Mendelsohn
 * and Dulmage 1958). Cost: n² distances, then log n matchings.
 *
 * @returns +∞ where the numbers of bars that never end differ
 */
export function bottleneckDistance(a: readonly DiagramPoint[], b: readonly DiagramPoint[]): number {
  const endless = (points: readonly DiagramPoint[]) =>
    points
      .filter(({ death }) => death === Number.POSITIVE_INFINITY)
      .map(({ birth }) => birth)
      .sort((x, y) => x - y);
  const [endlessA, endlessB] = [endless(a), endless(b)];
  if (endlessA.length !== endlessB.length) return Number.POSITIVE_INFINITY;
  // On a line, sorted partners are the best ones.
  const floor = endlessA.reduce((most, birth, i) => Math.max(most, Math.abs(birth - endlessB[i])), 0);
  const [first, second] = [a, b].map((points) => points.filter(({ death }) => death < Number.POSITIVE_INFINITY));
  const candidates = Float64Array.from([
    floor,
    ...[...first, ...second].map(halfLength),
    ...first.flatMap((x) => second.map((y) => distance(x, y))),
  ])
    .filter((each) => each >= floor)
    .sort();
  let [low, high] = [0, candidates.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const epsilon = candidates[middle];
    if (covers(first, second, epsilon) && covers(second, first, epsilon)) high = middle;
    else low = middle + 1;
  }
  return candidates[low];
}

function halfLength({ birth, death }: DiagramPoint): number {
  return (death - birth) / 2;
}

function distance(a: DiagramPoint, b: DiagramPoint): number {
  return Math.max(Math.abs(a.birth - b.birth), Math.abs(a.death - b.death));
}

/** Whether all of `from` that are further than ε from the diagonal have partners of their own within ε, by augmenting paths. */
function covers(from: readonly DiagramPoint[], to: readonly DiagramPoint[], epsilon: number): boolean {
  const partner = new Int32Array(to.length).fill(-1);
  const tall = from.filter((point) => halfLength(point) > epsilon);
  const near = tall.map((point) => [...to.keys()].filter((j) => distance(point, to[j]) <= epsilon));
  return tall.every((_, i) => placed(i, new Uint8Array(to.length)));

  function placed(i: number, seen: Uint8Array): boolean {
    for (const j of near[i]) {
      if (seen[j] === 1) continue;
      seen[j] = 1;
      if (partner[j] === -1 || placed(partner[j], seen)) {
        partner[j] = i;
        return true;
      }
    }
    return false;
  }
}
