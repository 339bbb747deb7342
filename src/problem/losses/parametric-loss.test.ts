import { expect, it } from "vitest";
import { z } from "zod";
import { crossEntropy } from "./cross-entropy.ts";
import { huber } from "./huber.ts";
import { meanSquaredError } from "./mean-squared-error.ts";
import { configuredLoss } from "./parametric-loss.ts";
import { LOSSES } from "./registry.ts";

const outputs = { dtype: "float64", shape: [1, 1], data: Float64Array.of(3) } as const;
const labels = { dtype: "float64", shape: [1, 1], data: Float64Array.of(0) } as const;
const lossAt = (loss: typeof huber) => loss.evaluate(outputs, labels, { ignoreIndex: -100 }).losses[0];

it("gives a loss the numbers that are asked for, and says them where they are not the default", () => {
  expect([huber.title, lossAt(huber)]).toEqual(["Huber", 2.5]);
  const other = configuredLoss(huber, ["delta=0.5"]);
  expect([other.title, lossAt(other)]).toEqual(["Huber (δ = 0.5)", 1.375]);
  expect(lossAt(configuredLoss(other, ["delta=2"]))).toBe(4);
  expect(configuredLoss(meanSquaredError, [])).toBe(meanSquaredError);
});

it("takes a list of numbers whole, or in the parts into which a command line takes it apart", () => {
  const title = "cross-entropy (smoothing = 0.1, weights = 1, 2.5, 0)";
  for (const options of [
    ["weights=1,2.5,0", "smoothing=0.1"],
    ["smoothing=0.1", "weights=1", "2.5", "0"],
    ["weights=1", "2.5", "0", "smoothing=0.1"],
  ])
    expect(configuredLoss(crossEntropy, options).title).toBe(title);
});

it.each([
  [
    crossEntropy,
    ["weights=1", "x"],
    /^Number 2 of the option weights of the loss cross-entropy is "x"; it must be a number\.$/,
    undefined,
  ],
  [huber, ["delta=1", "2"], /^The option delta of the loss huber is "1,2"; it must be a number\.$/, undefined],
  [huber, ["slope=2"], /no option "slope=2"/, "Give delta=VALUE."],
  [huber, ["delta"], /no option "delta"/, "Give delta=VALUE."],
  [huber, ["delta=-1"], /^The option delta of the loss huber is -1; it must be more than 0\.$/, undefined],
  [huber, ["delta="], /^The option delta of the loss huber is ""; it must be a number\.$/, undefined],
  [huber, ["delta=1", "delta=2"], /delta of the loss huber is given twice/, "Give one value."],
  [meanSquaredError, ["delta=1"], /The loss mse has no option/, "It has no options."],
])("refuses of $0.name the options %s", (loss, options, message, hint) => {
  expect(() => configuredLoss(loss, options)).toThrow(expect.objectContaining({ code: "bad-loss-option", hint }));
  expect(() => configuredLoss(loss, options)).toThrow(message);
});

it("has a default and a description for every number of every loss", () => {
  for (const { name, parameters } of LOSSES) {
    for (const [option, schema] of Object.entries(parameters?.shape ?? {})) {
      expect(z.globalRegistry.get(schema)?.description, `${name} ${option}`).toMatch(/./);
      expect(parameters?.safeParse({}).success).toBe(true);
    }
  }
});
