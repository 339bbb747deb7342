import type { WalkCost } from "../../optimizers/walk.ts";
import type { RacePath } from "./race-result.ts";

/** Points of a way for each factor of ten in its steps. */
const POINTS_A_DECADE = 24;

/** Points of a way of so many steps, the first and the last among them, about. */
export function pointsKept(steps: number): number {
  return Math.min(steps + 1, 2 + Math.ceil(POINTS_A_DECADE * Math.log10(Math.max(1, steps))));
}

/**
 * What was asked for, in gradients: a product is a gradient of a directional derivative, which costs about two; a value alone
 * is a forward pass, about a third (Griewank & Walther 2008).
 */
export function workOf({ values, gradients, products }: WalkCost): number {
  return gradients + 2 * products + values / 3;
}

/** Keeps a way at steps that are spread by their logarithm. */
export class PathKeeper {
  private next = 0;
  private readonly path: RacePath;

  /** @param hasPlaces whether the weights are kept, too */
  constructor(start: number, hasPlaces: boolean) {
    this.path = { start, steps: [], work: [], values: [], places: hasPlaces ? [] : null };
  }

  /** Whether this step is to be kept. */
  wants(step: number): boolean {
    return step >= this.next;
  }

  keep(step: number, weights: Float64Array, value: number, cost: WalkCost): void {
    const { path } = this;
    if (path.steps.at(-1) === step) return;
    path.steps.push(step);
    path.work.push(workOf(cost));
    path.values.push(value);
    path.places?.push([...weights]);
    this.next = Math.max(step + 1, Math.ceil(step * 10 ** (1 / POINTS_A_DECADE)));
  }

  get kept(): RacePath {
    return this.path;
  }
}
