/** One way to store a tensor. */
export interface Storage {
  /** Bits of the whole tensor, with all that is stored for it. */
  readonly size: number;
  /** What it costs in loss. */
  readonly cost: number;
}

export interface BitChoice {
  /** For every tensor the place of what is chosen among its ways. */
  readonly chosen: readonly number[];
  readonly cost: number;
  /** No choice within the budget costs less than this: the bound of the relaxed problem. */
  readonly bound: number;
  /** Bits in all. */
  readonly size: number;
}

interface Stage {
  readonly tensor: number;
  readonly way: number;
  readonly saved: number;
  readonly added: number;
}

/**
 * The cheapest way to store tensors in a number of bits, each in one of its ways, where costs add up: a multiple-choice knapsack.
 * Along the lower convex hull of every tensor's ways, the steps that cost least for a bit saved are taken first (Sinha and Zoltners
 * 1979); the last one is cut in the relaxed problem, which bounds every choice from below. What room the last step leaves is used
 * for what gains most.
 *
 * @returns undefined where even the smallest ways do not fit
 */
export function chooseBits(ways: readonly (readonly Storage[])[], budget: number): BitChoice | undefined {
  const hulls = ways.map(lowerHull);
  const chosen = hulls.map((hull) => hull[0]);
  const sizeOf = (tensor: number, way: number) => ways[tensor][way].size;
  let size = chosen.reduce((sum, way, tensor) => sum + sizeOf(tensor, way), 0);
  const steps: Stage[] = hulls
    .flatMap((hull, tensor) =>
      hull.slice(1).map((way, i) => ({
        tensor,
        way,
        saved: sizeOf(tensor, hull[i]) - sizeOf(tensor, way),
        added: ways[tensor][way].cost - ways[tensor][hull[i]].cost,
      })),
    )
    .sort((a, b) => a.added / a.saved - b.added / b.saved || a.tensor - b.tensor);
  const costOf = () => chosen.reduce((sum, way, tensor) => sum + ways[tensor][way].cost, 0);
  let bound = costOf();
  for (const { tensor, way, saved, added } of steps) {
    if (size <= budget) break;
    bound += added * Math.min(1, (size - budget) / saved);
    chosen[tensor] = way;
    size -= saved;
  }
  if (size > budget) return undefined;
  improve();
  return { chosen, cost: costOf(), bound: Math.min(bound, costOf()), size };

  /** Takes better ways as long as one fits. */
  function improve(): void {
    for (;;) {
      let best: { tensor: number; way: number; gain: number; more: number } | undefined;
      ways.forEach((all, tensor) =>
        all.forEach(({ cost }, way) => {
          const gain = all[chosen[tensor]].cost - cost;
          const more = sizeOf(tensor, way) - sizeOf(tensor, chosen[tensor]);
          if (gain > 0 && size + more <= budget && (best === undefined || gain > best.gain))
            best = { tensor, way, gain, more };
        }),
      );
      if (best === undefined) return;
      chosen[best.tensor] = best.way;
      size += best.more;
    }
  }
}

/** The ways that are cheapest for some price of a bit, from the most bits to the fewest: costs rise ever steeper. */
function lowerHull(ways: readonly Storage[]): number[] {
  const order = [...ways.keys()].sort((a, b) => ways[b].size - ways[a].size || ways[a].cost - ways[b].cost);
  // From the cheapest on: more bits that cost more are no way at all. Of equally cheap ones the most bits: fewer are taken where the budget asks for it.
  const cheapest = order.reduce((best, way) => (ways[way].cost < ways[best].cost ? way : best));
  const hull: number[] = [];
  const slope = (a: number, b: number) => (ways[b].cost - ways[a].cost) / (ways[a].size - ways[b].size);
  for (const way of order.slice(order.indexOf(cheapest))) {
    const last = hull.at(-1);
    if (last !== undefined && ways[way].size === ways[last].size) continue;
    while (hull.length > 1 && slope(hull[hull.length - 2], hull[hull.length - 1]) > slope(hull[hull.length - 1], way))
      hull.pop();
    hull.push(way);
  }
  return hull;
}
