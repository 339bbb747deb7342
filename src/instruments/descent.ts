import { dot, norm2 } from "../linalg/vector.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { lossGradient } from "../quantities/loss-gradient.ts";
import { hessianOperator } from "../quantities/hessian-operator.ts";
import { lossValue } from "../quantities/loss-value.ts";
import type { Desk } from "../quantities/desk.ts";

/** Where the loss does not bend up along −g, how far to go relative to the weights. */
const SHORT = 1e-3;

/** Parts of that step that are tried, for the loss may leave its parabola before. */
const PARTS = [1, 1e-2, 1e-4];

/** Whether the loss was seen to fall along −g by more than rounding: g is then a gradient, however short it is. */
export function provesSlope({
  descent,
  descentRounding,
}: { descent?: number | null; descentRounding?: number | null } = {}): boolean {
  return (descent ?? 0) > (descentRounding ?? 0);
}

/**
 * L(θ) − L(θ − t g): by how much the loss falls along its gradient, t = ‖g‖²/gᵀHg being the lowest point of the
 * parabola (Cauchy's step), no step longer than θ, or a hundredth of it, or a hundredth of that: the most of the three.
 * More than rounding of the loss, it proves that g is not zero, however short it is. Undefined where g is zero, or the
 * loss finite at none of them.
 *
 * Cost: one product and three losses.
 */
export async function descentAlongGradient(desk: Desk): Promise<number | undefined> {
  const { problem, point, context } = desk;
  const gradient = await desk.get(lossGradient);
  const square = dot(gradient, gradient);
  if (square === 0) return undefined;
  const [image] = await desk.operator(hessianOperator).apply([gradient]);
  const bend = dot(gradient, image);
  const theta = point.parameters;
  const length = norm2(theta) || 1;
  const step = Math.min(
    bend > 0 ? square / bend : Number.POSITIVE_INFINITY,
    (bend > 0 ? length : SHORT * length) / Math.sqrt(square),
  );
  const { loss } = await desk.get(lossValue);
  let most: number | undefined;
  for (const part of PARTS) {
    await using there = problem.at(theta.map((x, i) => x - part * step * gradient[i]));
    try {
      most = Math.max(most ?? Number.NEGATIVE_INFINITY, loss - (await there.value(context)).loss);
    } catch (error) {
      if (!(error instanceof ThalwegError && error.code === "not-finite")) throw error;
    }
  }
  return most;
}
