import { Problem } from "./problem.ts";

/**
 * The same network with the same loss and data in float64: what the numbers of a float32 problem are off by is
 * their distance from this one's. Opened when it is first asked for; one serves a whole run.
 *
 * @example
 * const twin = new Float64Twin(problem);
 * const exact = await (await twin.here())?.gradient();
 * await twin.close();
 */
export class Float64Twin {
  private readonly problem: Problem;
  private opened: Problem | undefined;

  constructor(problem: Problem) {
    this.problem = problem;
  }

  /** Whether there is one: not of a float64 problem, and not on a device that has no float64. */
  get exists(): boolean {
    const { options, runtime } = this.problem;
    return options.precision === "float32" && runtime.device === undefined;
  }

  /** The twin, moved to where the problem is; undefined where there is none. */
  async here(): Promise<Problem | undefined> {
    if (!this.exists) return undefined;
    const { model, dataset, runtime, options } = this.problem;
    // Few products are taken of it: what it could keep between them is better left to the problem.
    const cacheBytes = options.cacheBytes / 4;
    this.opened ??= Problem.open(model, dataset, runtime, { ...options, precision: "float64", cacheBytes });
    const point = this.problem.parameters;
    const at = this.opened.parameters;
    if (point.some((x, i) => x !== at[i])) await this.opened.moveTo(point);
    return this.opened;
  }

  async close(): Promise<void> {
    await this.opened?.close();
    this.opened = undefined;
  }
}
