import type { Augmentation } from "./augmentation.ts";

export const zoom: Augmentation = {
  name: "zoom",
  summary: "about the middle by a factor that is uniform from 1 − N to 1 + N",
  unit: "of its size",
  amount: 0.1,
  most: 0.9,
  draw: (amount, random) => {
    const inverse = 1 / (1 + (2 * random.uniform() - 1) * amount);
    return [inverse, 0, 0, 0, inverse, 0];
  },
};
