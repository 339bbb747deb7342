import type { Augmentation } from "./augmentation.ts";

export const shift: Augmentation = {
  name: "shift",
  summary: "by whole pixels along both axes, −N to N, each alike",
  unit: "pixels",
  amount: 1,
  most: 1024,
  isWhole: true,
  draw: (amount, random) => {
    const drawn = () => random.integer(2 * amount + 1) - amount;
    return [1, 0, drawn(), 0, 1, drawn()];
  },
};
