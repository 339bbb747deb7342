import type { Augmentation } from "./augmentation.ts";

export const flip: Augmentation = {
  name: "flip",
  summary: "left becomes right with probability N",
  unit: "of the times",
  amount: 0.5,
  most: 1,
  draw: (amount, random) => [random.uniform() < amount ? -1 : 1, 0, 0, 0, 1, 0],
};
