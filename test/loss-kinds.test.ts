import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../src/files/npz.ts";
import type { LoadOptions } from "../src/load/load-options.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import type { Tensor } from "../src/util/tensor.ts";
import { float, modelBytes, type NodeSpec, tensorProto, valueInfo } from "./support/onnx-model.ts";

/* What a network's last operations make of its outputs, what labels are beside them, and whether examples are independent. */

const EXAMPLES = 12;
const random = createRandom(7);
const folder = mkdtempSync(join(tmpdir(), "thalweg-kinds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const normal = (label: string, size: number) => Array.from(random.split(label).normalVector(size));
const f64 = (shape: number[], data: readonly number[]): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(data),
});
const i64 = (shape: number[], data: readonly number[]): Tensor => ({
  dtype: "int64",
  shape,
  data: Float64Array.from(data),
});
const rows = (of: (i: number) => number | readonly number[]) =>
  Array.from({ length: EXAMPLES }, (_, i) => of(i)).flat();

const x = f64([EXAMPLES, 3], normal("x", EXAMPLES * 3));
const W = normal("W", 3 * 3);
const numbers = i64(
  [EXAMPLES],
  rows((i) => i % 3),
);
const bits = i64(
  [EXAMPLES],
  rows((i) => i % 2),
);
const oneHot = (make: typeof f64) =>
  make(
    [EXAMPLES, 3],
    rows((i) => [0, 1, 2].map((c) => Number(c === i % 3))),
  );
const severalBits = f64(
  [EXAMPLES, 3],
  rows((i) => [i % 2, 1, 0]),
);

const node = (op: string, inputs: string[], output: string, attributes: NodeSpec["attributes"] = {}): NodeSpec => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});
const CONSTANTS = Object.entries({
  half: 0.5,
  low: 1e-7,
  high: 1 - 1e-7,
  little: 0.05,
  nothing: 0,
  eight: 8.5,
  hundred: 100,
}).map(([name, value]): NodeSpec => node("Constant", [], name, { value: tensorProto(name, "double", [], [value]) }));

let made = 0;

/** x W through `nodes`, from "z" to "out". */
async function open(nodes: readonly NodeSpec[], y: Tensor | undefined, options: LoadOptions & { width?: number } = {}) {
  const { width = 3, ...rest } = options;
  made++;
  const model = join(folder, `${made}.onnx`);
  const data = join(folder, `${made}.npz`);
  writeFileSync(
    model,
    modelBytes({
      opset: 13,
      inputs: [valueInfo("x", "double", ["N", 3])],
      outputs: [valueInfo("out", "double", ["N", "?"])],
      initializers: [
        tensorProto("W", "double", [3, width], W.slice(0, 3 * width)),
        tensorProto("gate", "double", [3], [0, 0, 0]),
        tensorProto("axes0", "int64", [1], [0]),
        tensorProto("axis0", "int64", [], [0]),
        tensorProto("three", "int64", [1], [3]),
        tensorProto("one", "double", [], [1]),
      ],
      nodes: [...CONSTANTS, { op: "MatMul", inputs: ["x", "W"], outputs: ["z"] }, ...nodes],
    }),
  );
  writeFileSync(data, encodeNpz([["x", x], ...(y ? [["y", y] as const] : [])]));
  const loaded = await loadProblem(model, { data, threads: 1, ...rest });
  try {
    const { problem, notes, warnings } = loaded;
    const { loss } = await problem.point.value();
    return {
      loss,
      name: problem.options.loss.name,
      kind: problem.graph().options.outputKind,
      said: [...notes, ...warnings].join("\n"),
      coupled: problem.coupled,
      batchSize: problem.options.batchSize,
    };
  } finally {
    await loaded.close();
  }
}

const identity = [node("Identity", ["z"], "out")];
const softmax = (output = "out") => node("Softmax", ["z"], output, { axis: 1 });

/** Cross-entropy of softmax(x W), by hand. */
function byHand(): number {
  let sum = 0;
  for (let i = 0; i < EXAMPLES; i++) {
    const z = [0, 1, 2].map((c) => [0, 1, 2].reduce((s, k) => s + x.data[3 * i + k] * W[3 * k + c], 0));
    sum += Math.log(z.reduce((s, each) => s + Math.exp(each), 0)) - z[i % 3];
  }
  return sum / EXAMPLES;
}

describe("the same cross-entropy, however the network ends", () => {
  it.each<[string, NodeSpec[]]>([
    ["logits", identity],
    ["Softmax", [softmax()]],
    ["LogSoftmax", [node("LogSoftmax", ["z"], "out", { axis: -1 })]],
    ["Softmax, then Log", [softmax("p"), node("Log", ["p"], "out")]],
    ["Softmax, clipped", [softmax("p"), node("Clip", ["p", "low", "high"], "out")]],
    ["Softmax, clipped, then Log", [softmax("p"), node("Clip", ["p", "low", "high"], "q"), node("Log", ["q"], "out")]],
    [
      "softmax by hand",
      [node("Exp", ["z"], "e"), node("ReduceSum", ["e", "axes1"], "s"), node("Div", ["e", "s"], "out")],
    ],
    ["a mean of equal softmaxes", [softmax("p"), softmax("q"), node("Mean", ["p", "q"], "out")]],
    [
      "Softmax in the other layout",
      [
        node("Transpose", ["z"], "t", { perm: [1, 0] }),
        node("Softmax", ["t"], "p", { axis: 0 }),
        node("Transpose", ["p"], "out", { perm: [1, 0] }),
      ],
    ],
  ])("%s", async (_, nodes) => {
    const withAxes = nodes.map((each) =>
      each.inputs.includes("axes1") ? node("ReduceSum", ["e", "axes1"], "s", {}) : each,
    );
    const constant = node("Constant", [], "axes1", { value: tensorProto("c", "int64", [1], [1]) });
    for (const y of [numbers, oneHot(i64), oneHot(f64)]) {
      const { loss, name } = await open([constant, ...withAxes], y);
      expect(name).toBe("cross-entropy");
      expect(loss).toBeCloseTo(byHand(), 6);
    }
  });

  it("a sigmoid and its complement are two classes", async () => {
    const nodes = [
      node("Sigmoid", ["z"], "p"),
      node("Sub", ["one", "p"], "q"),
      node("Concat", ["q", "p"], "out", { axis: 1 }),
    ];
    const two = await open(nodes, bits, { width: 1 });
    const one = await open([node("Sigmoid", ["z"], "out")], bits, { width: 1 });
    expect([two.name, two.kind, one.name]).toEqual(["cross-entropy", "probabilities", "bce"]);
    expect(two.loss).toBeCloseTo(one.loss, 12);
  });

  it("logits that happen to lie between 0 and 1 stay logits, and so do constant rows", async () => {
    const small = await open([node("Mul", ["z", "little"], "m"), node("Add", ["m", "half"], "out")], numbers);
    expect(small.kind).toBe("logits");
    const asked = await open([softmax()], numbers, { outputKind: "logits" });
    expect(asked.kind).toBe("logits");
    expect(asked.loss).not.toBeCloseTo(byHand(), 2);
  });
});

describe("what is behind a softmax", () => {
  const floor = node("Constant", [], "floor", { value: tensorProto("c", "double", [], [0.02]) });
  const one = node("Constant", [], "axes1", { value: tensorProto("c", "int64", [1], [1]) });
  const mask = node("Exp", ["x"], "mask");
  const before = [floor, one, mask, softmax("p")];
  const clip = (output: string) => node("Clip", ["p", "floor", "one"], output);
  const masked = [
    node("Mul", ["p", "mask"], "m"),
    node("ReduceSum", ["m", "axes1"], "s"),
    node("Add", ["s", "floor"], "t"),
    node("Div", ["m", "t"], "out"),
  ];
  const p = (i: number) => {
    const z = [0, 1, 2].map((c) => [0, 1, 2].reduce((s, k) => s + x.data[3 * i + k] * W[3 * k + c], 0));
    const sum = z.reduce((s, each) => s + Math.exp(each), 0);
    return z.map((each) => Math.exp(each) / sum);
  };
  const mean = (of: (row: number[], label: number, i: number) => number) =>
    -rows((i) => Math.log(of(p(i), i % 3, i))).reduce((sum, each) => sum + each, 0) / EXAMPLES;

  it.each<[string, string, number, NodeSpec[]]>([
    ["a floor", "probabilities", mean((row, c) => Math.max(row[c], 0.02)), [clip("out")]],
    [
      "a floor, then Log",
      "log-probabilities",
      mean((row, c) => Math.max(row[c], 0.02)),
      [clip("q"), node("Log", ["q"], "out")],
    ],
    [
      "a small number, then Log",
      "log-probabilities",
      mean((row, c) => row[c] + 0.02),
      [node("Add", ["p", "floor"], "q"), node("Log", ["q"], "out")],
    ],
    [
      "a mask, and a division by the sum that is left",
      "probabilities",
      mean((row, c, i) => {
        const kept = row.map((each, k) => each * Math.exp(x.data[3 * i + k]));
        return kept[c] / (kept.reduce((sum, each) => sum + each, 0) + 0.02);
      }),
      masked,
    ],
  ])("leaves it what it is: %s", async (_, kind, loss, nodes) => {
    const found = await open([...before, ...nodes], numbers);
    expect([found.name, found.kind]).toEqual(["cross-entropy", kind]);
    expect(found.loss).toBeCloseTo(loss, 10);
  });

  const spread = [
    node("Exp", ["z"], "e"),
    node("ReduceSum", ["e", "axes1"], "s"),
    node("Log", ["s"], "l"),
    node("Sub", ["l", "z"], "out"),
  ];
  it.each<[string, RegExp, NodeSpec[]]>([
    ["percentages", /ends in Softmax, then Mul/, [node("Mul", ["p", "hundred"], "out")]],
    ["−log p", /ends in Softmax, then Log, then Neg/, [node("Log", ["p"], "l"), node("Neg", ["l"], "out")]],
    [
      "a fixed number that is no probability in place of some",
      /ends in Softmax, then Clip/,
      [node("Less", ["p", "floor"], "rare"), node("Where", ["rare", "eight", "p"], "out")],
    ],
    ["−log p by hand", /e to the power of their negatives adds up to 1/, spread],
    [
      "percentages of two networks",
      /at least 0 and add up to 100/,
      [
        softmax("q"),
        node("Tanh", ["z"], "u"),
        node("Softmax", ["u"], "r", { axis: 1 }),
        node("Mean", ["p", "r"], "a"),
        node("Mul", ["a", "hundred"], "out"),
      ],
    ],
  ])("is refused where it makes them neither logits nor probabilities: %s", async (_, said, nodes) => {
    await expect(open([...before, ...nodes], numbers)).rejects.toMatchObject({
      code: "loss-not-clear",
      message: expect.stringMatching(said),
    });
    expect((await open([...before, ...nodes], numbers, { outputKind: "logits" })).kind).toBe("logits");
  });

  it("Max is a floor, too, and what is never above 0 is logits with a warning", async () => {
    const floored = await open([...before, node("Max", ["p", "floor"], "out")], numbers);
    expect(floored.kind).toBe("probabilities");
    expect(floored.said).toMatch(/ends in Softmax, then Clip\./);
    const logSigmoid = [node("Sigmoid", ["z"], "s"), node("Log", ["s"], "out")];
    const squares = [node("Mul", ["z", "z"], "s"), node("Neg", ["s"], "out")];
    for (const [nodes, y] of [
      [logSigmoid, severalBits],
      [squares, numbers],
    ] as const) {
      const found = await open(nodes, y);
      expect(found.kind).toBe("logits");
      expect(found.said).toMatch(/none is above 0 on the examples looked at, at other weights too/);
      expect((await open(nodes, y, { outputKind: "logits" })).said).not.toMatch(/none is above 0/);
    }
  });

  it("smoothed labels' worth of it is a distribution by its values, centred logits are logits", async () => {
    const third = node("Constant", [], "third", { value: tensorProto("c", "double", [], [0.1 / 3]) });
    const keep = node("Constant", [], "keep", { value: tensorProto("c", "double", [], [0.9]) });
    const smooth = [third, keep, node("Mul", ["p", "keep"], "k"), node("Add", ["k", "third"], "out")];
    expect((await open([...before, ...smooth], numbers)).kind).toBe("probabilities");
    const centred = [node("ReduceMean", ["z"], "c", { axes: [1] }), node("Sub", ["z", "c"], "out")];
    const found = await open([...before, ...centred], numbers);
    expect(found.kind).toBe("logits");
    expect(found.loss).toBeCloseTo(byHand(), 12);
  });
});

describe("bits", () => {
  it("independent beside a sigmoid, by name or by hand, whatever type they are stored in", async () => {
    const byHandSigmoid = [
      node("Neg", ["z"], "n"),
      node("Exp", ["n"], "e"),
      node("Add", ["e", "one"], "a"),
      node("Reciprocal", ["a"], "out"),
    ];
    const own = await open([node("Sigmoid", ["z"], "out")], oneHot(f64));
    for (const y of [oneHot(i64), oneHot(f64)]) {
      const hand = await open(byHandSigmoid, y);
      expect([hand.name, hand.kind]).toEqual(["bce", "probabilities"]);
      expect(hand.loss).toBeCloseTo(own.loss, 12);
    }
    const signs = i64(
      [EXAMPLES],
      rows((i) => 2 * (i % 2) - 1),
    );
    const ofSigns = await open([node("Sigmoid", ["z"], "out")], signs, { width: 1 });
    expect(ofSigns.loss).toBeCloseTo((await open([node("Sigmoid", ["z"], "out")], bits, { width: 1 })).loss, 14);
  });

  it("are asked for where two readings are possible", async () => {
    const unclear = { code: "loss-not-clear" };
    await expect(open([node("Sigmoid", ["z"], "out")], numbers)).rejects.toMatchObject(unclear);
    await expect(open([softmax()], severalBits)).rejects.toMatchObject(unclear);
    await expect(
      open(
        identity,
        i64(
          [EXAMPLES],
          rows((i) => 2 * (i % 2) - 1),
        ),
        { width: 1 },
      ),
    ).rejects.toMatchObject(unclear);
    const asked = await open([node("Sigmoid", ["z"], "out")], numbers, { loss: "cross-entropy", outputKind: "logits" });
    expect(asked.name).toBe("cross-entropy");
  });
});

describe("examples", () => {
  const mean = node("ReduceMean", ["z"], "m", { axes: [0] });

  it.each<[string, NodeSpec[]]>([
    ["mean over the batch", [mean, node("Sub", ["z", "m"], "out")]],
    ["softmax over the batch", [node("Softmax", ["z"], "s", { axis: 0 }), node("Add", ["z", "s"], "out")]],
    ["running sums over the batch", [node("CumSum", ["z", "axis0"], "out")]],
    [
      "similarities within the batch",
      [
        node("Transpose", ["z"], "t", { perm: [1, 0] }),
        node("MatMul", ["z", "t"], "s"),
        node("MatMul", ["s", "z"], "out"),
      ],
    ],
    [
      "the position in the batch",
      [
        node("Shape", ["z"], "shape"),
        node("Gather", ["shape", "axis0"], "n"),
        node("Cast", ["n"], "nf", { to: 11 }),
        node("Div", ["z", "nf"], "out"),
      ],
    ],
    [
      "the largest of the batch",
      [node("ReduceMax", ["z"], "m", { axes: [0] }), node("Sub", ["z", "m"], "u"), node("Mul", ["u", "z"], "out")],
    ],
  ])("%s couples them: the loss is that of all of them, and says so", async (_, nodes) => {
    const y = f64([EXAMPLES, 3], normal("y", EXAMPLES * 3));
    const whole = await open(nodes, y);
    expect(whole.coupled).toMatch(/change with the examples beside it/);
    expect(whole.said).toMatch(/The examples are not independent.*all 12 examples as one batch/s);
    expect(whole.batchSize).toBe(EXAMPLES);
    const cut = await open(nodes, y, { batchSize: 4 });
    expect(cut.batchSize).toBe(4);
    expect(cut.loss).not.toBeCloseTo(whole.loss, 6);
    expect(cut.said).toMatch(/batches of 4 examples in their order: it depends on the batch size/);
  });

  it("a coupling behind a gate that is closed is found, one that is multiplied by nothing is none", async () => {
    const gated = (gate: string) => [mean, node("Mul", ["m", gate], "g"), node("Add", ["z", "g"], "out")];
    expect((await open(gated("nothing"), numbers)).coupled).toBeUndefined();
    expect((await open(gated("gate"), numbers)).coupled).toMatch(/change with the examples/);
  });

  const capacity = (most: string) => [
    node("Sigmoid", ["z"], "s"),
    node("Ceil", ["s"], "chosen"),
    node("CumSum", ["chosen", "axis0"], "place"),
    node("Less", ["place", most], "has"),
    node("Cast", ["has"], "kept", { to: 11 }),
    node("Mul", ["z", "kept"], "out"),
  ];

  it("a coupling that five examples do not show is found where they are cut: a capacity that more of them exceed", async () => {
    for (const threads of [1, 2]) {
      const whole = await open(capacity("eight"), numbers, { threads });
      expect(whole.coupled).toMatch(/change with the examples/);
      expect(whole.said).toMatch(/all 12 examples as one batch/);
    }
    const cut = await open(capacity("eight"), numbers, { batchSize: 6 });
    expect(cut.said).toMatch(/batches of 6 examples in their order: it depends on the batch size/);
  });

  it("what the graph leaves open and nothing shows is one batch, and no warning", async () => {
    const open100 = await open(capacity("hundred"), numbers, { threads: 2 });
    expect(open100.coupled).toBeUndefined();
    expect(open100.batchSize).toBe(EXAMPLES);
    expect(open100.said).not.toMatch(/independent|leaves it open/);
  });

  it.each<[string, NodeSpec[]]>([
    ["plain layers", [node("Tanh", ["z"], "out")]],
    ["normalised rows", [node("LpNormalization", ["z"], "out", { axis: 1 })]],
    ["leaky units", [node("LeakyRelu", ["z"], "out", { alpha: float(0.1) })]],
  ])("%s leave them independent", async (_, nodes) => {
    const { coupled, said } = await open(nodes, numbers);
    expect(coupled).toBeUndefined();
    expect(said).not.toMatch(/not independent/);
  });
});

describe("an output for each example of the batch, as contrastive losses take them", () => {
  const similarities = [
    node("Tanh", ["z"], "u"),
    node("Transpose", ["x"], "t", { perm: [1, 0] }),
    node("MatMul", ["u", "t"], "out"),
  ];
  /** −mean log softmax of u xᵀ at the partner of each, in batches. */
  const contrastive = (batch: number) => {
    let sum = 0;
    for (let i = 0; i < EXAMPLES; i++) {
      const first = Math.floor(i / batch) * batch;
      const u = [0, 1, 2].map((c) => Math.tanh([0, 1, 2].reduce((s, k) => s + x.data[3 * i + k] * W[3 * k + c], 0)));
      const scores = Array.from({ length: batch }, (_, j) =>
        u.reduce((s, each, c) => s + each * x.data[3 * (first + j) + c], 0),
      );
      sum += Math.log(scores.reduce((s, each) => s + Math.exp(each), 0)) - scores[i - first];
    }
    return sum / EXAMPLES;
  };
  const places = (batch: number) =>
    i64(
      [EXAMPLES],
      rows((i) => i % batch),
    );

  it("are the classes of all examples as one batch, or of batches as asked", async () => {
    for (const y of [
      places(EXAMPLES),
      f64(
        [EXAMPLES],
        rows((i) => i),
      ),
      f64(
        [EXAMPLES, EXAMPLES],
        rows((i) => rows((j) => Number(i === j))),
      ),
    ]) {
      const whole = await open(similarities, y);
      expect([whole.name, whole.batchSize]).toEqual(["cross-entropy", EXAMPLES]);
      expect(whole.loss).toBeCloseTo(contrastive(EXAMPLES), 12);
      expect(whole.said).toMatch(
        /not independent: each has an output for every example of its batch.*all 12 examples as one batch/s,
      );
      expect(whole.said).toMatch(/12 outputs|over 12 classes/);
    }
    const cut = await open(similarities, places(4), { batchSize: 4 });
    expect(cut.loss).toBeCloseTo(contrastive(4), 12);
    expect(cut.said).toMatch(/batches of 4 examples in their order: it depends on the batch size/);
  });

  it("are said to be that where the labels do not fit them", async () => {
    const places12 = places(EXAMPLES);
    await expect(open(similarities, places12, { batchSize: 4 })).rejects.toMatchObject({
      code: "label-outside-classes",
      message: expect.stringMatching(/in batches of 4 there are 4 classes.*an output for each example of its batch/),
    });
    await expect(open(similarities, undefined)).rejects.toMatchObject({
      message: expect.stringMatching(/no labels.*the classes are the examples of the batch/s),
      hint: expect.stringMatching(/numpy\.arange\(12\)/),
    });
  });
});

describe("examples along another axis than the data", () => {
  /** Running sums along an axis of x [12, 4, 3], whose first two axes have these names. */
  const sums = async (axis: number, names: readonly [string, string]) => {
    const model = join(folder, `sums-${axis}-${names[0]}.onnx`);
    const data = join(folder, "sums.npz");
    writeFileSync(
      model,
      modelBytes({
        opset: 17,
        inputs: [valueInfo("x", "double", [...names, 3])],
        outputs: [valueInfo("out", "double", [...names, 3])],
        initializers: [tensorProto("W", "double", [3, 3], W), tensorProto("axis", "int64", [], [axis])],
        nodes: [node("MatMul", ["x", "W"], "z"), node("CumSum", ["z", "axis"], "out")],
      }),
    );
    const values = normal("sums", EXAMPLES * 4 * 3);
    writeFileSync(
      data,
      encodeNpz([
        ["x", f64([EXAMPLES, 4, 3], values)],
        ["y", f64([EXAMPLES, 4, 3], values)],
      ]),
    );
    const loaded = await loadProblem(model, { data, threads: 1 });
    await loaded.close();
    return loaded.problem.coupled;
  };

  it("are looked for where they are not independent: what the model keeps apart counts them", async () => {
    await expect(sums(0, ["steps", "rows"])).rejects.toMatchObject({
      code: "examples-axis",
      message: expect.stringMatching(
        /mixes what lies along axis 0 of its input x, and keeps apart what lies along axis 1/,
      ),
      hint: expect.stringMatching(/dynamic_axes=\{"x": \{1: "batch"\}\}/),
    });
    expect(await sums(1, ["steps", "rows"])).toBeUndefined();
  });

  it("are not where the file names the axis: the examples are coupled", async () => {
    expect(await sums(0, ["batch", "rows"])).toMatch(/change with the examples beside it/);
  });
});

describe("what is said where a reading is doubtful", () => {
  it("outputs that are the same number whatever the weights tell nothing, and are logits", async () => {
    const found = await open([node("Mul", ["z", "nothing"], "out")], numbers);
    expect(found.loss).toBeCloseTo(Math.log(3), 12);
    expect(found.said).toContain("the same number on every example looked at, at other weights too");
  });

  it("several numbers for each example as the model's own loss are summed, and that is said", async () => {
    const found = await open(identity, numbers, { loss: "output" });
    expect(found.said).toMatch(
      /returns 3 numbers for each example, \[N, 3\]; the loss of an example was taken to be their sum/,
    );
    const one = await open(identity, numbers, { loss: "output", width: 1 });
    expect(one.said).not.toMatch(/their sum/);
  });

  it("whole-number outputs have no derivative", async () => {
    const label = [node("ArgMax", ["z"], "out", { axis: 1, keepdims: 0 })];
    await expect(open(label, numbers)).rejects.toMatchObject({ code: "integer-output" });
  });

  it("a class axis other than that of the last layer's units is a warning", async () => {
    const model = join(folder, "conv.onnx");
    const data = join(folder, "conv.npz");
    writeFileSync(
      model,
      modelBytes({
        opset: 13,
        inputs: [valueInfo("x", "double", ["N", 2, 4, 3])],
        outputs: [valueInfo("out", "double", ["N", 3, 4, 3])],
        initializers: [tensorProto("K", "double", [3, 2, 1, 1], normal("K", 6))],
        nodes: [{ op: "Conv", inputs: ["x", "K"], outputs: ["out"] }],
      }),
    );
    const warnings = async (shape: number[]) => {
      const labels = Array.from({ length: shape.reduce((size, each) => size * each, 1) }, (_, i) => i % 3);
      writeFileSync(
        data,
        encodeNpz([
          ["x", f64([5, 2, 4, 3], normal("image", 120))],
          ["y", i64(shape, labels)],
        ]),
      );
      const loaded = await loadProblem(model, { data, threads: 1 });
      await loaded.close();
      return loaded.warnings.join("\n");
    };
    expect(await warnings([5, 3, 4])).toContain("the last layer's units lie along axis 1");
    expect(await warnings([5, 4, 3])).not.toContain("the last layer's units");
  });
});

describe("the axis of the classes where two would fit", () => {
  const VALUES = normal("positions", EXAMPLES * 9);
  const along = async (nodes: NodeSpec[], shape: number[], y: Tensor, options: Partial<LoadOptions> = {}) => {
    const model = join(folder, "axis.onnx");
    const data = join(folder, "axis.npz");
    const rank = y.shape.length + 1;
    writeFileSync(
      model,
      modelBytes({
        opset: 13,
        inputs: [valueInfo("x", "double", ["N", ...shape])],
        outputs: [valueInfo("out", "double", ["N", ...Array.from({ length: rank - 1 }, () => 3)])],
        initializers: [
          tensorProto("K", "double", [3, 2, 1, 1], normal("K", 6)),
          tensorProto("L", "double", [3, 2], normal("L", 6)),
          tensorProto("R", "double", [2, 3], normal("R", 6)),
          tensorProto("E", "double", [3, 3], normal("E", 9)),
          tensorProto("bias", "double", [3, 1], normal("bias", 3)),
          tensorProto("sizes", "int64", [4], [EXAMPLES, 3, 3, 3]),
          tensorProto("scales", "float", [4], [1, 1, 3, 1.5]),
        ],
        nodes,
      }),
    );
    const size = EXAMPLES * shape.reduce((product, each) => product * each, 1);
    writeFileSync(
      data,
      encodeNpz([
        ["x", f64([EXAMPLES, ...shape], VALUES.slice(0, size))],
        ["y", y],
      ]),
    );
    const loaded = await loadProblem(model, { data, threads: 1, ...options });
    await loaded.close();
    return { notes: loaded.notes.join("\n"), warnings: loaded.warnings.join("\n") };
  };
  const anyLabels = (shape: number[]) =>
    i64(
      shape,
      Array.from({ length: shape.reduce((product, each) => product * each, 1) }, (_, i) => (i * i + (i >> 2)) % 3),
    );

  it("a linear resize makes no classes of its positions: the convolution before it does", async () => {
    const resized = [node("Conv", ["x", "K"], "z"), node("Resize", ["z", "", "scales"], "out", { mode: "linear" })];
    const { notes, warnings } = await along(resized, [2, 1, 2], anyLabels([EXAMPLES, 3, 3]));
    expect(notes).toMatch(/on axis 1 of the outputs \[N, 3, 3, 3\], along which the last layer's units lie/);
    expect(warnings).not.toContain("axis");
  });

  it("weights on the left have their units along the rows", async () => {
    const left = [node("MatMul", ["L", "x"], "z"), node("Add", ["z", "bias"], "out")];
    const { notes } = await along(left, [2, 3], anyLabels([EXAMPLES, 3]));
    expect(notes).toMatch(/on axis 1 .* along which the last layer's units lie/);
    // Whatever is trained of them in this run.
    const frozen = await along(left, [2, 3], anyLabels([EXAMPLES, 3]), { params: ["bias"] });
    expect(frozen.notes).toMatch(/on axis 1 .* along which the last layer's units lie/);
  });

  it("units against the convention are asked for, unless the weights predict the labels on one axis", async () => {
    const right = [node("MatMul", ["x", "R"], "out")];
    await expect(along(right, [3, 2], anyLabels([EXAMPLES, 3]))).rejects.toMatchObject({
      code: "loss-not-clear",
      message: expect.stringMatching(
        /convention they are on axis 1, but the last layer's units lie along axis 2\. On \d+ examples the mean cross-entropy is/,
      ),
      hint: expect.stringMatching(/--class-axis 1 or --class-axis 2/),
    });
    const R = normal("R", 6);
    const predicted = Array.from({ length: EXAMPLES * 3 }, (_, row) => {
      const z = [0, 1, 2].map((c) => VALUES[2 * row] * R[c] + VALUES[2 * row + 1] * R[3 + c]);
      return z.indexOf(Math.max(...z));
    });
    const { notes } = await along(right, [3, 2], i64([EXAMPLES, 3], predicted));
    expect(notes).toMatch(/on axis 2 .* where the weights predict the labels/);
  });

  it("where nothing tells, the convention is a warning that names the flag", async () => {
    const { warnings } = await along([node("Mul", ["x", "E"], "out")], [3, 3], anyLabels([EXAMPLES, 3]));
    expect(warnings).toMatch(/on axis 1 .* by convention; axis 2 would fit too: --class-axis/);
  });
});

describe("class names of a table become numbers", () => {
  const model = join(folder, "named.onnx");
  const data = join(folder, "named.csv");
  const scores = Array.from({ length: EXAMPLES }, (_, i) =>
    [0, 1, 2].map((c) => [0, 1, 2].reduce((sum, k) => sum + x.data[3 * i + k] * W[3 * k + c], 0)),
  );
  const said = async (name: (predicted: number, row: number) => string) => {
    writeFileSync(
      model,
      modelBytes({
        opset: 17,
        inputs: [valueInfo("x", "double", ["N", 3])],
        outputs: [valueInfo("z", "double", ["N", 3])],
        initializers: [tensorProto("W", "double", [3, 3], W)],
        nodes: [node("MatMul", ["x", "W"], "z")],
      }),
    );
    const lines = scores.map((z, i) => {
      const predicted = z.indexOf(Math.max(...z));
      return [...x.data.slice(3 * i, 3 * i + 3), name(predicted, i)].join(",");
    });
    writeFileSync(data, ["a,b,c,label", ...lines].join("\n"));
    const loaded = await loadProblem(model, { data, label: "label", threads: 1 });
    await loaded.close();
    return loaded.warnings.join("\n");
  };

  it("which is no warning where the network predicts them so", async () => {
    expect(await said((predicted) => ["ash", "birch", "cedar"][predicted])).not.toContain("class names");
  });

  it("and where it counts otherwise, the numbering that fits is in the warning", async () => {
    expect(await said((predicted) => ["low", "medium", "high"][predicted])).toMatch(
      /alphabetical order: high 0, low 1, medium 2\. .* right on 0 % .* \(high as 2, low as 0, medium as 1\), it would be on 100 %/,
    );
  });

  it("and where nothing tells, that is a warning, too", async () => {
    expect(await said((_, row) => ["ash", "birch", "cedar"][row % 3])).toMatch(
      /ash 0, birch 1, cedar 2\. .*for certain/,
    );
  });
});

it("labels that do not fit the first of several outputs are told of the others", async () => {
  const model = join(folder, "outputs.onnx");
  const data = join(folder, "outputs.npz");
  writeFileSync(
    model,
    modelBytes({
      opset: 17,
      inputs: [valueInfo("x", "double", ["N", 3])],
      outputs: [valueInfo("hidden", "double", ["N", 1, 3]), valueInfo("logits", "double", ["N", 3])],
      initializers: [tensorProto("W", "double", [3, 3], W), tensorProto("axes", "int64", [1], [1])],
      nodes: [node("MatMul", ["x", "W"], "logits"), node("Unsqueeze", ["x", "axes"], "hidden")],
    }),
  );
  writeFileSync(
    data,
    encodeNpz([
      ["x", x],
      [
        "y",
        i64(
          [EXAMPLES, 2],
          Array.from({ length: 2 * EXAMPLES }, (_, i) => i % 3),
        ),
      ],
    ]),
  );
  await expect(loadProblem(model, { data, threads: 1 })).rejects.toMatchObject({
    code: "loss-not-clear",
    hint: expect.stringMatching(/The output hidden was taken, the first; .* --output logits \[N, 3\]\.$/),
  });
});
