import type { LaterObjective } from "../../optimizers/objective.ts";
import { gaussNewtonProduct } from "../../problem/derivatives/gauss-newton.ts";
import { hessianProduct } from "../../problem/derivatives/hessian.ts";
import type { Product } from "../../problem/derivatives/derivative.ts";
import type { NetworkFactors } from "../../problem/layer-factors.ts";
import type { Point } from "../../problem/point.ts";
import type { Problem } from "../../problem/problem.ts";
import type { RunContext } from "../../util/run-context.ts";

/**
 * The loss of a network as a function to walk on: value, gradient and products of all examples, or of those that are chosen.
 * One point is open at a time, so that a gradient and the products behind it share what they need. Close it.
 *
 * @example
 * const loss = new ProblemObjective(problem);
 * await loss.gradient(problem.point.parameters);
 * await loss.close();
 */
export class ProblemObjective implements LaterObjective {
  private readonly problem: Problem;
  private readonly context: RunContext;
  private examples: Int32Array | undefined;
  private open: { readonly theta: Float64Array; readonly point: Point } | undefined;

  constructor(problem: Problem, context: RunContext = {}) {
    this.problem = problem;
    this.context = context;
  }

  /** From now on the loss is over these examples; all of the problem's when absent. */
  async choose(examples: Int32Array | undefined): Promise<void> {
    if (examples === undefined && this.examples === undefined) return;
    await this.close();
    this.examples = examples;
  }

  async value(x: Float64Array): Promise<number> {
    const { loss } = await (await this.at(x)).anyValue(this.context);
    return loss;
  }

  async gradient(x: Float64Array): Promise<Float64Array> {
    return (await this.at(x)).gradient(this.context);
  }

  hessianVector(x: Float64Array, v: Float64Array): Promise<Float64Array> {
    return this.product(hessianProduct, x, v);
  }

  gaussNewtonVector(x: Float64Array, v: Float64Array): Promise<Float64Array> {
    return this.product(gaussNewtonProduct, x, v);
  }

  async layerFactors(x: Float64Array): Promise<NetworkFactors> {
    return (await this.at(x)).layerFactors(this.context);
  }

  async close(): Promise<void> {
    const { open } = this;
    this.open = undefined;
    await open?.point.release();
  }

  private async product(product: Product, x: Float64Array, v: Float64Array): Promise<Float64Array> {
    const [found] = await (await this.at(x)).product(product, [v], this.context);
    return found;
  }

  private async at(x: Float64Array): Promise<Point> {
    const { open } = this;
    if (open?.theta.every((each, i) => Object.is(each, x[i])) === true) return open.point;
    await this.close();
    const { examples } = this;
    const theta = x.slice();
    const point = examples === undefined ? this.problem.at(theta) : this.problem.onBatch(theta, examples);
    this.open = { theta, point };
    return point;
  }
}
