import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { norm2 } from "../../linalg/vector.ts";
import { gradientDescent } from "../../optimizers/gradient-descent.ts";
import type { RandomStream } from "../../random/random-stream.ts";
import { hessianAt } from "../hessian-at.ts";
import { placeAfter } from "../walks.ts";
import { inputsOf, type RectifiedNetwork, rectifiedNetwork, weightsOf } from "./rectified-network.ts";

const INPUTS = 3;
const [EXAMPLES, FRESH] = [14, 400];
/** The network that labels are the signs of. */
const TEACHER = { inputs: INPUTS, hidden: 3, outputs: 1 };
/** What the networks differ by: hidden units, share of the labels that are wrong, steps of training. */
const HIDDEN = [3, 6, 12];
const WRONG = [0, 0.1, 0.2, 0.3];
const STEPS = [50, 150, 450];
const LR = 0.1;
/** Deviation of the logarithm of the factor between the layers: no two of them are near each other. */
const SPREAD = 20;

/** What is looked at in weights to tell how they do on new examples. */
export interface Measures {
  readonly trace: number;
  readonly largest: number;
  /** √Σ over the ways from input to output of the product of the squared weights on them (Neyshabur, Tomioka & Srebro 2015). */
  readonly path: number;
}

/** A trained network. */
export interface Trained extends Measures {
  /** Loss on new examples less that on its own. */
  readonly gap: number;
  readonly norm: number;
  /** √(tr H)‖w − w₀‖: what a PAC-Bayes bound of Gaussian weights amounts to (claim F8). */
  readonly bound: number;
  /** The same function with other factors between its layers. */
  readonly rescaled: Measures[];
}

/**
 * Networks with ReLU that learn the labels of one teacher, each of a width, a share of wrong labels and a length of training, half a
 * mean of squares, by gradient descent.
 *
 * @param factors how often each is rescaled
 */
export function trainedNetworks(count: number, factors: number, random: RandomStream): Trained[] {
  const teacher = weightsOf(TEACHER, random);
  return Array.from({ length: count }, (_, k) => {
    const own = random.split(`network ${k}`);
    const widths = { inputs: INPUTS, hidden: HIDDEN[k % HIDDEN.length], outputs: 1 };
    const wrong = WRONG[own.integer(WRONG.length)];
    const steps = STEPS[own.integer(STEPS.length)];
    const drawn = (examples: number): RectifiedNetwork => {
      const inputs = inputsOf(examples, widths, own);
      const right = rectifiedNetwork(TEACHER, inputs, new Float64Array(examples)).outputs(teacher);
      const labels = right.map((y) => Math.sign(y) * (own.uniform() < wrong ? -1 : 1));
      return rectifiedNetwork(widths, inputs, labels);
    };
    const [loss, onNew] = [drawn(EXAMPLES), drawn(FRESH)];
    const from = weightsOf(widths, own);
    const home = placeAfter({ on: loss, by: gradientDescent.with({ lr: LR }), from }, steps);
    const measures = measuresOf(loss, home, widths.hidden);
    return {
      ...measures,
      gap: onNew.value(home) - loss.value(home),
      norm: norm2(home),
      bound: Math.sqrt(Math.max(0, measures.trace)) * norm2(home.map((w, i) => w - from[i])),
      rescaled: Array.from({ length: factors }, () => {
        const alpha = Math.exp(SPREAD * own.normalVector(1)[0]);
        return measuresOf(
          loss,
          home.map((w, i) => (i < loss.split ? alpha * w : w / alpha)),
          widths.hidden,
        );
      }),
    };
  });
}

function measuresOf(loss: RectifiedNetwork, at: Float64Array, hidden: number): Measures {
  const n = loss.dimension;
  const hessian = hessianAt(loss, at);
  const { values } = symmetricEigen(hessian, n, false);
  // Of squared weights, on an input of ones.
  const ones = [new Float64Array(INPUTS).fill(1)];
  const squares = rectifiedNetwork({ inputs: INPUTS, hidden, outputs: 1 }, ones, new Float64Array(1));
  return {
    trace: values.reduce((sum, each) => sum + each, 0),
    largest: values[n - 1],
    path: Math.sqrt(squares.outputs(at.map((w) => w * w))[0]),
  };
}
