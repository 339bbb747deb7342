import { sizeOf } from "../../util/tensor.ts";
import type { Initialization, WeightPlace } from "./initialization.ts";

/** Width n of the layer: of what leaves the first one, of what enters the others. */
const widthOf = ({ fanIn, fanOut, end }: WeightPlace) => (end.first && !end.last ? fanOut : fanIn);

/**
 * The maximal update parametrisation, for gradient descent with one step size (Yang & Hu 2021, table 1): with n the width, weights of
 * variance 1/n are multiplied by √n in the first layer, by 1 in hidden ones, by 1/√n in the last; biases of hidden units by √n.
 * Features move alike at every width. The first layer is divided by √inputs besides, which do not change with the width.
 */
export const mup: Initialization = {
  name: "mup",
  summary:
    "maximal update parametrisation for gradient descent: variance 1/width, and the network multiplies the first layer by √width and the last by 1/√width, so that a step moves features alike at every width",
  source: "Yang & Hu 2021",
  asksEnds: true,
  draw(place, random) {
    const own = place.end.first && !place.end.last ? Math.sqrt(place.fanIn) : 1;
    const deviation = 1 / Math.sqrt(widthOf(place)) / own;
    return random.normalVector(sizeOf(place.shape)).map((x) => deviation * x);
  },
  factor(place) {
    const { first, last } = place.end;
    const root = Math.sqrt(widthOf(place));
    return first === last ? 1 : first ? root : 1 / root;
  },
  biasFactor: ({ fanOut, end }) => (end.last ? 1 : Math.sqrt(fanOut)),
};
