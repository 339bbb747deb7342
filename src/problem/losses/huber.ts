import { mul, sub } from "../../ops/arithmetic.ts";
import { greater, where } from "../../ops/logic.ts";
import { abs } from "../../ops/unary.ts";
import { elementLoss } from "./element-loss.ts";

/** ½r² for |r| ≤ δ, else δ(|r| − ½δ), with r = z − y (Huber 1964). */
export const huber = elementLoss({
  name: "huber",
  title: "Huber",
  formula: String.raw`\ell = \tfrac12 r^2 \text{ for } |r| \le \delta,\ \delta(|r| - \tfrac12\delta) \text{ beyond}`,
  term: (z, y, { delta }) => {
    const residual = sub(z, y);
    const size = abs(residual);
    return where(greater(size, delta), mul(sub(size, delta / 2), delta), mul(mul(residual, residual), 0.5));
  },
  plain: (z, y, { delta }) => {
    const size = Math.abs(z - y);
    return size <= delta ? size ** 2 / 2 : delta * (size - delta / 2);
  },
  caveat: "Huber's loss has no second derivative where the residual is ±δ",
});
