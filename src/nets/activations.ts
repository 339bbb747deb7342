import type { Initialization } from "./initializations/initialization.ts";
import { he } from "./initializations/he.ts";
import { lecun } from "./initializations/lecun.ts";
import { xavier } from "./initializations/xavier.ts";
import type { NetBuilder } from "./net-builder.ts";

/** What stands between the layers of a network. */
export interface Activation {
  readonly name: string;
  /** How weights before it begin where nothing is said. */
  readonly initialization: Initialization;
  apply(net: NetBuilder, x: string): string;
}

const node = (name: string, op: string, initialization: Initialization): Activation => ({
  name,
  initialization,
  apply: (net, x) => net.node(op, [x]),
});

/** Every activation of the built-in networks. */
export const ACTIVATIONS: readonly Activation[] = [
  node("relu", "Relu", he),
  node("tanh", "Tanh", xavier),
  node("sigmoid", "Sigmoid", xavier),
  node("elu", "Elu", he),
  node("softplus", "Softplus", he),
  // x·Φ(x) by its definition: the operator is younger than the opset that is written.
  {
    name: "gelu",
    initialization: he,
    apply(net, x) {
      const erf = net.node("Erf", [net.node("Mul", [x, net.scalar(Math.SQRT1_2)])]);
      return net.node("Mul", [net.node("Mul", [x, net.node("Add", [erf, net.scalar(1)])]), net.scalar(0.5)]);
    },
  },
  { name: "silu", initialization: he, apply: (net, x) => net.node("Mul", [x, net.node("Sigmoid", [x])]) },
  { name: "linear", initialization: lecun, apply: (_net, x) => x },
];
