import { describe, expect, it } from "vitest";
import { openedNets } from "../../test/support/open-net.ts";
import { adam } from "../optimizers/adam.ts";
import { tensorRule } from "../optimizers/optimizer.ts";
import { sgd } from "../optimizers/sgd.ts";
import { createRandom } from "../random/random-stream.ts";
import { sizeOf, type Tensor, tensor } from "../util/tensor.ts";
import { packed, packsOf, unpacked } from "./parameter-packs.ts";
import { startOf, type Step, Trainer } from "./trainer.ts";

function held(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = tensors.get(name);
  if (found === undefined) throw new RangeError(name);
  return found;
}

describe("packs", () => {
  const named = (...shapes: number[][]) => shapes.map((shape, i) => ({ name: `t${i}`, shape }));

  it.each([
    ["small tensors", named([3], [4, 5], []), [[1, 24]]],
    ["small tensors of more than a piece", named([32768], [7]), [[2, 16388]]],
    [
      "a tensor of several pieces beside a small one",
      named([256, 784], [256]),
      [
        [7, 28672],
        [1, 256],
      ],
    ],
    ["a tensor that cannot be cut", named([32771]), [[1, 32771]]],
  ] as const)("holds %s", (_what, tensors, shapes) => {
    const packs = packsOf(tensors, 2 ** 15);
    expect(packs.map(({ shape }) => shape)).toEqual(shapes);
    expect(packs.flatMap(({ members }) => members.map(({ name }) => name)).toSorted()).toEqual(
      tensors.map(({ name }) => name).toSorted(),
    );
  });

  it("gives back what was put in", () => {
    const tensors = new Map(
      named([2, 3], [40000], [5]).map(({ name, shape }, i) => [
        name,
        tensor(
          "float64",
          shape,
          Float64Array.from({ length: sizeOf(shape) }, (_, k) => i + 1 / (k + 1)),
        ),
      ]),
    );
    const packs = packsOf([...tensors].map(([name, { shape }]) => ({ name, shape })));
    const back = packs.flatMap((pack) =>
      unpacked(
        pack,
        packed(pack, "float64", (name) => held(tensors, name)),
      ),
    );
    expect(new Map(back)).toEqual(tensors);
  });
});

describe("training in packs", () => {
  const opened = openedNets();
  const EXAMPLES = 12;
  const numbers = (length: number) => {
    const random = createRandom(3).split(String(length));
    return Float64Array.from({ length }, () => random.normal());
  };

  it.each([
    ["adam", tensorRule(adam.with({ lr: 1e-2 }).rule)],
    ["adam with decay and a largest square", tensorRule(adam.with({ lr: 1e-2, weightDecay: 0.1, amsgrad: true }).rule)],
    ["momentum", tensorRule(sgd.with({ lr: 1e-2, momentum: 0.9 }).rule)],
    ["gradient descent", tensorRule(sgd.with({ lr: 1e-2 }).rule)],
  ])("has the bits of training tensor by tensor: %s", async (_name, rule) => {
    const problem = opened("mlp:190-200-7:tanh", {
      x: tensor("float64", [EXAMPLES, 190], numbers(EXAMPLES * 190)),
      y: tensor("float64", [EXAMPLES, 7], numbers(EXAMPLES * 7)),
    });
    const steps = Array.from({ length: 5 }, (_, step): Step => ({
      examples: Uint32Array.from({ length: 4 }, (_each, i) => (5 * step + i) % EXAMPLES),
      numbers: rule.numbers(step),
    }));
    const found = [];
    for (const coordinates of [rule.coordinates, undefined]) {
      const trainer = new Trainer(problem, { rule: { ...rule, coordinates }, clip: 1 }, startOf(problem, rule));
      const losses = [];
      for await (const each of trainer.train(steps)) losses.push(...each.map(({ loss }) => loss));
      found.push({ losses, ...trainer.state });
      await trainer.close();
    }
    const [inPacks, byTensor] = found;
    expect(inPacks).toEqual(byTensor);
    expect(inPacks.losses[4]).not.toBe(inPacks.losses[0]);
    expect([...inPacks.tensors.keys()]).toHaveLength(4);
  });
});
