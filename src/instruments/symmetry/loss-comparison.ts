import { norm2 } from "../../linalg/vector.ts";
import { roundoff } from "../../estimators/products.ts";
import type { Desk } from "../../quantities/desk.ts";

/** Compares the losses of all examples at another point with those at home, on the scale of their rounding. */
export class LossComparison {
  private readonly desk: Desk;
  private readonly home: Float64Array;
  private readonly point: Float64Array;
  private readonly scale: number;

  private constructor(desk: Desk, home: Float64Array, scale: number) {
    this.desk = desk;
    this.home = home;
    this.point = desk.point.parameters;
    this.scale = scale;
  }

  static async open(desk: Desk): Promise<LossComparison> {
    const { problem, context } = desk;
    const home = await desk.point.exampleLosses(context);
    // A model that gives only its loss has no outputs beside it.
    const outputs = problem.options.loss.givesLossOnly ? home : await desk.point.outputs(context);
    return new LossComparison(
      desk,
      home,
      norm2(home) / Math.sqrt(home.length) + norm2(outputs) / Math.sqrt(outputs.length),
    );
  }

  /** Largest change of an example's loss, relative to the size of losses and outputs. */
  async changeAt(point: Float64Array): Promise<number> {
    const { problem, context } = this.desk;
    await using elsewhere = problem.at(point);
    const there = await elsewhere.exampleLosses(context);
    let change = 0;
    for (let i = 0; i < there.length; i++) change = Math.max(change, Math.abs(there[i] - this.home[i]));
    // A network whose losses and outputs are all zero has no size to compare with.
    return change / (this.scale || 1);
  }

  /** What rounding may do to a loss that passes through every layer. */
  get rounding(): number {
    return 256 * roundoff(this.desk.problem.options);
  }

  moved(move: (point: Float64Array) => Float64Array): Promise<number> {
    return this.changeAt(move(this.point));
  }
}
