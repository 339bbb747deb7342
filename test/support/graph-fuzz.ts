import type { GraphProto } from "onnx-buf";
import type { RandomStream } from "../../src/random/random-stream.ts";
import type { Shape } from "../../src/util/tensor.ts";
import { Draw, type Operand } from "./fuzz-draw.ts";
import type { FuzzFile } from "./rule-fuzz.ts";
import { graphProto, modelBytes, type NodeSpec, tensorProto, valueInfo } from "./onnx-model.ts";

/*
 * Random graphs with graphs inside: branches whose condition is known, loops of known length and scans with a state, results
 * that are collected, values from outside, names that two graphs give, and sequences on the way. All floats are [S, S].
 */

const SIDE = 3;
const SQUARE: Shape = [SIDE, SIDE];
const UNARY = ["Tanh", "Sigmoid", "Abs", "Neg", "Relu", "Transpose", "Softmax"];
const BINARY = ["Add", "Mul", "Sub", "MatMul"];

/** Nodes that are being written, with the floats that they may read. */
interface Scope {
  readonly nodes: NodeSpec[];
  readonly initializers: ReturnType<typeof tensorProto>[];
  readonly floats: string[];
}

class GraphWriter {
  private readonly draw: Draw;
  private made = 0;

  constructor(draw: Draw) {
    this.draw = draw;
  }

  private fresh(kind: string): string {
    this.made++;
    return `${kind}${this.made}`;
  }

  /** A few nodes, and with `depth` left, graphs inside. Gives the last float. */
  write(scope: Scope, depth: number, length: number): string {
    const kinds = [
      "plain",
      "plain",
      "plain",
      "weight",
      "sequence",
      ...(depth > 0 ? ["if", "loop", "collect", "scan"] : []),
    ];
    for (let i = 0; i < length; i++) {
      const kind = this.draw.pick(kinds);
      if (kind === "weight") this.weight(scope);
      else if (kind === "sequence") this.sequence(scope);
      else if (kind === "if") this.branch(scope, depth);
      else if (kind === "loop") this.loop(scope, depth, undefined);
      else if (kind === "collect") this.loop(scope, depth, this.fresh("iteration"));
      else if (kind === "scan") this.scan(scope, depth);
      else this.plain(scope);
    }
    return scope.floats[scope.floats.length - 1];
  }

  private add(scope: Scope, op: string, inputs: string[], attributes: NodeSpec["attributes"] = {}): string {
    const output = this.fresh("v");
    scope.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  private plain(scope: Scope): void {
    const unary = this.draw.chance(0.5);
    const op = this.draw.pick(unary ? UNARY : BINARY);
    const inputs = Array.from({ length: unary ? 1 : 2 }, () => this.draw.pick(scope.floats));
    scope.floats.push(this.add(scope, op, inputs));
  }

  /** A tensor of this graph's own. */
  private weight(scope: Scope): void {
    const name = this.fresh("w");
    scope.initializers.push(tensorProto(name, "float", SQUARE, this.draw.float(SQUARE).values));
    scope.floats.push(this.add(scope, this.draw.pick(BINARY), [this.draw.pick(scope.floats), name]));
  }

  private whole(scope: Scope, value: number): string {
    return this.add(scope, "Constant", [], { value: tensorProto("c", "int64", [], [value]) });
  }

  /** A few floats in a list, one put in or taken out, and one of them or all again. */
  private sequence(scope: Scope): void {
    const { draw } = this;
    const count = draw.int(2, 3);
    const picked = Array.from({ length: count }, () => draw.pick(scope.floats));
    let list = this.add(scope, "SequenceConstruct", picked);
    if (draw.chance(0.4))
      list = this.add(scope, "SequenceInsert", [
        list,
        draw.pick(scope.floats),
        ...(draw.chance(0.5) ? [this.whole(scope, draw.int(-count, count))] : []),
      ]);
    if (draw.chance(0.3))
      list = this.add(scope, "SequenceErase", [list, this.whole(scope, draw.int(-count, count - 1))]);
    if (draw.chance(0.5)) {
      scope.floats.push(this.add(scope, "SequenceAt", [list, this.whole(scope, draw.int(-1, 0))]));
      return;
    }
    const joined = this.add(scope, "ConcatFromSequence", [list], { axis: 0, new_axis: 1 });
    scope.floats.push(this.reduced(scope, joined));
  }

  /** [k, S, S] to [S, S] */
  private reduced(scope: Scope, stacked: string): string {
    const axes = this.add(scope, "Constant", [], { value: tensorProto("c", "int64", [1], [0]) });
    return this.add(scope, "ReduceSum", [stacked, axes], { keepdims: 0 });
  }

  /** A truth value that is known: of the file, or computed from a shape or from a number. */
  private condition(scope: Scope, iteration: string | undefined): string {
    const { draw } = this;
    if (iteration !== undefined && draw.chance(0.6))
      return this.add(scope, draw.pick(["Less", "Greater", "Equal"]), [iteration, this.whole(scope, draw.int(0, 2))]);
    if (draw.chance(0.5)) {
      const shape = this.add(scope, "Shape", [draw.pick(scope.floats)]);
      const extent = this.add(scope, "Gather", [shape, this.whole(scope, 0)]);
      return this.add(scope, "Less", [extent, this.whole(scope, draw.pick([SIDE, SIDE + 1]))]);
    }
    return this.add(scope, "Constant", [], { value: tensorProto("c", "bool", [], [draw.int(0, 1)]) });
  }

  private inside(outer: Scope): Scope {
    return { nodes: [], initializers: [], floats: [...outer.floats] };
  }

  private branch(scope: Scope, depth: number, iteration?: string): void {
    const count = this.draw.int(1, 2);
    // Both branches give other values the same names.
    const first = this.made;
    let most = first;
    const body = (): GraphProto => {
      most = Math.max(most, this.made);
      this.made = first;
      const inner = this.inside(scope);
      this.write(inner, depth - 1, this.draw.int(1, 3));
      // What a graph gives it must make itself.
      const results = Array.from({ length: count }, () => this.add(inner, "Identity", [this.draw.pick(inner.floats)]));
      return graphProto({
        nodes: inner.nodes,
        initializers: inner.initializers,
        inputs: [],
        outputs: results.map((name) => valueInfo(name, "float", SQUARE)),
      });
    };
    const attributes = { then_branch: body(), else_branch: body() };
    this.made = Math.max(most, this.made);
    const outputs = Array.from({ length: count }, () => this.fresh("v"));
    scope.nodes.push({ op: "If", inputs: [this.condition(scope, iteration)], outputs, attributes });
    scope.floats.push(...outputs);
  }

  /** A loop over one or two states, which ends after its trips or by its condition; with `iteration`, results are collected. */
  private loop(scope: Scope, depth: number, iteration: string | undefined): void {
    const { draw } = this;
    const states = draw.int(1, 2);
    const inner = this.inside(scope);
    const trip = iteration ?? this.fresh("trip");
    const go = this.fresh("go");
    const held = Array.from({ length: states }, () => this.fresh("s"));
    inner.floats.push(...held);
    if (draw.chance(0.5)) {
      const asFloat = this.add(inner, "Cast", [trip], { to: 1 });
      inner.floats.push(this.add(inner, "Mul", [draw.pick(held), asFloat]));
    }
    this.write(inner, depth - 1, draw.int(1, 3));
    if (depth > 1 && draw.chance(0.5)) this.branch(inner, depth - 1, trip);
    const next = Array.from({ length: states }, () => this.add(inner, "Tanh", [draw.pick(inner.floats)]));
    const collected = iteration === undefined ? [] : [this.add(inner, "Identity", [draw.pick(inner.floats)])];
    const stops = draw.chance(0.4);
    const again = stops
      ? this.add(inner, "Less", [trip, this.whole(inner, draw.int(0, 2))])
      : this.add(inner, "Identity", [go]);
    const body = graphProto({
      nodes: inner.nodes,
      initializers: inner.initializers,
      inputs: [
        valueInfo(trip, "int64", []),
        valueInfo(go, "bool", []),
        ...held.map((name) => valueInfo(name, "float", SQUARE)),
      ],
      outputs: [
        valueInfo(again, "bool", []),
        ...[...next, ...collected].map((name) => valueInfo(name, "float", SQUARE)),
      ],
    });
    const count = this.whole(scope, draw.int(iteration === undefined ? 0 : 1, 3));
    const outputs = next.map(() => this.fresh("v"));
    const stacks = collected.map(() => this.fresh("v"));
    scope.nodes.push({
      op: "Loop",
      inputs: [count, draw.chance(0.5) ? "" : this.truth(scope), ...held.map(() => draw.pick(scope.floats))],
      outputs: [...outputs, ...stacks],
      attributes: { body },
    });
    scope.floats.push(...outputs, ...stacks.map((name) => this.reduced(scope, name)));
  }

  /** A scan over the rows of a few floats with one state, backwards or not, whose rows are put together again. */
  private scan(scope: Scope, depth: number): void {
    const { draw } = this;
    const count = draw.int(1, 2);
    const inner = this.inside(scope);
    const held = this.fresh("s");
    const rows = Array.from({ length: count }, () => this.fresh("row"));
    inner.floats.push(held);
    for (const row of rows) inner.floats.push(this.add(inner, draw.pick(BINARY.slice(0, 3)), [held, row]));
    this.write(inner, depth - 1, draw.int(1, 3));
    const next = this.add(inner, "Tanh", [draw.pick(inner.floats)]);
    const given = this.add(inner, "Identity", [draw.pick(inner.floats)]);
    const body = graphProto({
      nodes: inner.nodes,
      initializers: inner.initializers,
      inputs: [valueInfo(held, "float", SQUARE), ...rows.map((name) => valueInfo(name, "float", [SIDE]))],
      outputs: [next, given].map((name) => valueInfo(name, "float", SQUARE)),
    });
    const last = this.fresh("v");
    const stacked = this.fresh("v");
    scope.nodes.push({
      op: "Scan",
      inputs: Array.from({ length: count + 1 }, () => draw.pick(scope.floats)),
      outputs: [last, stacked],
      attributes: {
        body,
        num_scan_inputs: count,
        scan_input_axes: rows.map(() => draw.int(-2, 1)),
        scan_input_directions: rows.map(() => draw.int(0, 1)),
        scan_output_axes: [0],
        scan_output_directions: [draw.int(0, 1)],
      },
    });
    scope.floats.push(last, this.reduced(scope, stacked));
  }

  private truth(scope: Scope): string {
    return this.add(scope, "Constant", [], { value: tensorProto("c", "bool", [], [1]) });
  }
}

/** A file with one random graph of graphs. */
export function fuzzGraph(random: RandomStream, newestOpset: number): FuzzFile {
  const opset = 13 + random.integer(newestOpset - 12);
  const draw = new Draw(random, opset, "float");
  const writer = new GraphWriter(draw);
  const scope: Scope = { nodes: [], initializers: [], floats: ["x0", "x1"] };
  const result = writer.write(scope, 2, draw.int(3, 6));
  const fed = (): Operand => draw.float(SQUARE);
  return {
    label: `graph-${opset} ${scope.nodes.map(({ op }) => op).join(" ")}`,
    bytes: modelBytes({
      opset,
      nodes: [...scope.nodes, { op: "Identity", inputs: [result], outputs: ["out"] }],
      inputs: ["x0", "x1"].map((name) => valueInfo(name, "float", SQUARE)),
      outputs: [{ ...valueInfo("out", "float", []), type: undefined }],
      initializers: scope.initializers,
    }),
    feeds: new Map([
      ["x0", fed()],
      ["x1", fed()],
    ]),
    double: false,
  };
}
