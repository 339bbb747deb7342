import { tensorOf } from "../../graph/leaf.ts";
import type { Value } from "../../graph/value.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { greater, where } from "../../ops/logic.ts";
import { matmul } from "../../ops/matmul.ts";
import { sliceAxis, stack } from "../../ops/movement.ts";
import { expand, reshape, transpose } from "../../ops/structure.ts";
import { relu, sigmoid, softplus, tanh } from "../../ops/unary.ts";
import { FLAG, FLOAT, FLOATS, INT, NO_EFFECT, STRINGS, oneOf, since, until } from "../declaration.ts";
import type { NodeContext } from "../node-context.ts";
import type { OnnxRule } from "../rule.ts";
import { clamp, elu, hardSigmoid, leakyRelu, softsign } from "./activation.ts";

/** Time steps that are written out one after the other; graphs of more compile too slowly. */
const MAX_STEPS = 512;

/** The first activations of every cell act on gates; the third of LSTM acts on the cell state. */
const GATE_ACTIVATIONS = 2;

type Activation = (x: Value) => Value;

interface ActivationRule {
  readonly alpha?: number;
  readonly beta?: number;
  readonly make: (alpha: number, beta: number) => Activation;
}

/** Activations by ONNX name, in lower case, with the defaults of α and β. */
const ACTIVATION_RULES: Record<string, ActivationRule> = {
  relu: { make: () => relu },
  tanh: { make: () => tanh },
  sigmoid: { make: () => sigmoid },
  softsign: { make: () => softsign },
  softplus: { make: () => softplus },
  affine: { alpha: 1, beta: 0, make: (alpha, beta) => (x) => add(mul(x, alpha), beta) },
  leakyrelu: { alpha: 0.01, make: (alpha) => (x) => leakyRelu(x, alpha) },
  thresholdedrelu: { alpha: 1, make: (alpha) => (x) => where(greater(x, alpha), x, 0) },
  scaledtanh: { alpha: 1, beta: 1, make: (alpha, beta) => (x) => mul(tanh(mul(x, beta)), alpha) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, make: (alpha, beta) => (x) => hardSigmoid(x, alpha, beta) },
  elu: { alpha: 1, make: (alpha) => (x) => elu(x, alpha) },
};

/** The activations of all directions; α and β are handed out in order to those that take them. */
function activationsOf(node: NodeContext, defaults: readonly string[], directions: number): Activation[] {
  const names = node.strings("activations") ?? Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== defaults.length * directions)
    node.fail("bad-attribute", `names ${names.length} activations for ${directions} direction(s)`);
  const alphas = [...(node.floats("activation_alpha") ?? [])];
  const betas = [...(node.floats("activation_beta") ?? [])];
  const clip = node.hasAttribute("clip") ? node.float("clip", Infinity) : undefined;
  return names.map((name, which) => {
    const rule = ACTIVATION_RULES[name.toLowerCase()] ?? node.unsupported(`uses the activation ${name}`);
    const alpha = rule.alpha === undefined ? 0 : (alphas.shift() ?? rule.alpha);
    const beta = rule.beta === undefined ? 0 : (betas.shift() ?? rule.beta);
    const f = rule.make(alpha, beta);
    // Gates are clipped; what LSTM applies to the cell is not (as in ONNX Runtime).
    return clip === undefined || which % defaults.length >= GATE_ACTIVATIONS
      ? f
      : (x: Value) => f(clamp(x, -clip, clip));
  });
}

/** What one direction of a recurrence works with; matrices are [rows of all gates, …]. */
interface Direction {
  readonly hidden: number;
  readonly recurrent: Value;
  readonly inputBias: Value | undefined;
  readonly recurrentBias: Value | undefined;
  readonly peepholes: Value | undefined;
  readonly activations: readonly Activation[];
}

/** The state of a cell: h, and c for LSTM. */
type State = readonly Value[];

interface Cell {
  readonly gates: number;
  readonly states: number;
  readonly activations: readonly string[];
  /** The next state from x·Wᵀ of this step [N, gates·H]. */
  step(node: NodeContext, input: Value, state: State, direction: Direction): State;
}

/** Gate number k of [N, gates·H] or [gates·H]. */
function gate(x: Value, k: number, hidden: number, count = 1): Value {
  return sliceAxis(x, x.shape.length - 1, k * hidden, (k + count) * hidden);
}

function recur(h: Value, weights: Value, bias: Value | undefined): Value {
  const product = matmul(h, weights, { transposeB: true });
  return bias ? add(product, bias) : product;
}

function rows(weights: Value, k: number, hidden: number, count = 1): Value {
  return sliceAxis(weights, 0, k * hidden, (k + count) * hidden);
}

function withBias(x: Value, bias: Value | undefined): Value {
  return bias ? add(x, bias) : x;
}

/** h′ = f(x·Wᵀ + h·Rᵀ + b) */
const RNN_CELL: Cell = {
  gates: 1,
  states: 1,
  activations: ["Tanh"],
  step: (_node, input, [h], { recurrent, inputBias, recurrentBias, activations: [f] }) => [
    f(add(withBias(input, inputBias), recur(h, recurrent, recurrentBias))),
  ],
};

/** Gates z, r, h (Cho 2014); the reset gate acts before or (linear_before_reset) behind the recurrent product. */
const GRU_CELL: Cell = {
  gates: 3,
  states: 1,
  activations: ["Sigmoid", "Tanh"],
  step: (node, input, [h], { hidden, recurrent, inputBias, recurrentBias, activations: [f, g] }) => {
    const x = withBias(input, inputBias);
    const part = (bias: Value | undefined, k: number, count = 1) => bias && gate(bias, k, hidden, count);
    const zr = f(add(gate(x, 0, hidden, 2), recur(h, rows(recurrent, 0, hidden, 2), part(recurrentBias, 0, 2))));
    const [z, r] = [gate(zr, 0, hidden), gate(zr, 1, hidden)];
    const weights = rows(recurrent, 2, hidden);
    const bias = part(recurrentBias, 2);
    const candidate = node.flag("linear_before_reset")
      ? mul(r, recur(h, weights, bias))
      : recur(mul(r, h), weights, bias);
    const proposal = g(add(gate(x, 2, hidden), candidate));
    return [add(mul(sub(1, z), proposal), mul(z, h))];
  },
};

/** Gates i, o, f, c (Hochreiter 1997, Gers 2000), with peepholes onto i, o, f. */
const LSTM_CELL: Cell = {
  gates: 4,
  states: 2,
  activations: ["Sigmoid", "Tanh", "Tanh"],
  step: (node, input, [h, c], { hidden, recurrent, inputBias, recurrentBias, peepholes, activations: [f, g, k] }) => {
    const all = add(withBias(input, inputBias), recur(h, recurrent, recurrentBias));
    const peep = (x: Value, which: number, cell: Value) =>
      peepholes ? add(x, mul(gate(peepholes, which, hidden), cell)) : x;
    const i = f(peep(gate(all, 0, hidden), 0, c));
    const forget = node.flag("input_forget") ? sub(1, i) : f(peep(gate(all, 2, hidden), 2, c));
    const next = add(mul(forget, c), mul(i, g(gate(all, 3, hidden))));
    const o = f(peep(gate(all, 1, hidden), 1, next));
    return [mul(o, k(next)), next];
  },
};

/** The first axis (directions) picked and dropped. */
function ofDirection(value: Value | undefined, direction: number): Value | undefined {
  return value && reshape(sliceAxis(value, 0, direction, direction + 1), value.shape.slice(1));
}

/** Which sequences [N, 1] are still running at each step; undefined where all have all steps. */
function activeSteps(node: NodeContext, steps: number, batch: number): Value[] | undefined {
  if (!node.has(4)) return undefined;
  const lengths = node.input(4);
  const known = tensorOf(lengths)?.data;
  if (known?.every((length) => length === steps)) return undefined;
  if (known?.some((length) => length < 1 || length > steps))
    node.fail("bad-input", `has sequences of [${known.join(", ")}] out of ${steps} steps`);
  const column = reshape(lengths, [batch, 1]);
  return Array.from({ length: steps }, (_, t) => greater(column, t));
}

/**
 * RNN, GRU and LSTM, unrolled over time: x [T, N, I] (layout 1: [N, T, I]), W [D, g·H, I], R [D, g·H, H],
 * B [D, 2g·H], states [D, N, H]. Outputs: all h [T, D, N, H], the last states [D, N, H].
 */
function unroll(node: NodeContext, cell: Cell): Value[] {
  const batchFirst = node.flag("layout");
  const x = batchFirst ? transpose(node.input(0), [1, 0, 2]) : node.input(0);
  const [weights, recurrent] = [node.input(1), node.input(2)];
  if (x.shape.length !== 3 || weights.shape.length !== 3 || recurrent.shape.length !== 3) {
    node.fail("shape-mismatch", `needs three axes, not the shape [${x.shape.join(", ")}]`);
  }
  const [steps, batch] = x.shape;
  const hidden = node.int("hidden_size", recurrent.shape[2]);
  const name = node.string("direction", "forward");
  const directions = name === "bidirectional" ? 2 : 1;
  if (
    weights.shape[0] !== directions ||
    weights.shape[1] !== cell.gates * hidden ||
    recurrent.shape[1] !== cell.gates * hidden ||
    recurrent.shape[2] !== hidden
  ) {
    node.fail(
      "shape-mismatch",
      `has weights of shape [${weights.shape.join(", ")}] and [${recurrent.shape.join(", ")}] for ${hidden} units`,
    );
  }
  if (steps > MAX_STEPS)
    node.unsupported(`runs over ${steps} time steps; at most ${MAX_STEPS} are supported`, "Use shorter sequences.");
  if (steps < 1) node.fail("shape-mismatch", "runs over no time step");
  const active = activeSteps(node, steps, batch);
  const activations = activationsOf(node, cell.activations, directions);
  const startOf = (slot: number, direction: number): Value => {
    const given = node.inputs[slot];
    const start = given && batchFirst ? transpose(given, [1, 0, 2]) : given;
    return ofDirection(start, direction) ?? expand(node.scalar(0), [batch, hidden]);
  };

  const sequences: Value[] = [];
  const lasts: State[] = [];
  for (let d = 0; d < directions; d++) {
    const backwards = name === "reverse" || d === 1;
    const bias = ofDirection(node.inputs[3], d);
    const w = ofDirection(weights, d);
    const r = ofDirection(recurrent, d);
    if (!w || !r) continue;
    const direction: Direction = {
      hidden,
      recurrent: r,
      inputBias: bias && gate(bias, 0, cell.gates * hidden),
      recurrentBias: bias && gate(bias, 1, cell.gates * hidden),
      peepholes: ofDirection(node.inputs[7], d),
      activations: activations.slice(d * cell.activations.length, (d + 1) * cell.activations.length),
    };
    const projected = matmul(x, w, { transposeB: true });
    let state: State = Array.from({ length: cell.states }, (_, k) => startOf(5 + k, d));
    const history = new Array<Value>(steps);
    for (let step = 0; step < steps; step++) {
      const t = backwards ? steps - 1 - step : step;
      const input = reshape(sliceAxis(projected, 0, t, t + 1), [batch, cell.gates * hidden]);
      const next = cell.step(node, input, state, direction);
      const mask = active?.[t];
      // Behind its end a sequence keeps its state and gives 0.
      state = mask ? next.map((value, k) => where(mask, value, state[k])) : next;
      history[t] = mask ? where(mask, next[0], 0) : next[0];
    }
    sequences.push(stack(history, 0));
    lasts.push(state);
  }
  const all = stack(sequences, 1);
  const last = Array.from({ length: cell.states }, (_, k) =>
    stack(
      lasts.map((state) => state[k]),
      0,
    ),
  );
  // [T, D, N, H] → [N, T, D, H] and [D, N, H] → [N, D, H]
  return batchFirst
    ? [transpose(all, [2, 0, 1, 3]), ...last.map((each) => transpose(each, [1, 0, 2]))]
    : [all, ...last];
}

const SLOTS = ["arithmetic", "weight", "weight", "offset", "structural", "state", "state", "weight"] as const;

const ATTRIBUTES = {
  activation_alpha: FLOATS,
  activation_beta: FLOATS,
  activations: STRINGS,
  clip: FLOAT,
  direction: oneOf("forward", "reverse", "bidirectional"),
  hidden_size: INT,
  layout: since(14, FLAG),
  // The first output is there whether it is asked for or not.
  output_sequence: until(6, NO_EFFECT),
};

export const RECURRENT: readonly OnnxRule[] = [
  { op: "RNN", attributes: ATTRIBUTES, inputs: 6, slots: SLOTS, import: (node) => unroll(node, RNN_CELL) },
  {
    op: "GRU",
    attributes: { ...ATTRIBUTES, linear_before_reset: FLAG },
    inputs: 6,
    slots: SLOTS,
    import: (node) => unroll(node, GRU_CELL),
  },
  {
    op: "LSTM",
    attributes: { ...ATTRIBUTES, input_forget: FLAG },
    inputs: 8,
    slots: SLOTS,
    import: (node) => unroll(node, LSTM_CELL),
  },
];
