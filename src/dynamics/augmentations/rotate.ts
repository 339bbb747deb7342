import type { Augmentation } from "./augmentation.ts";

export const rotate: Augmentation = {
  name: "rotate",
  summary: "about the middle by an angle that is uniform from −N to N degrees",
  unit: "degrees",
  amount: 10,
  most: 180,
  draw: (amount, random) => {
    const angle = ((2 * random.uniform() - 1) * amount * Math.PI) / 180;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return [c, -s, 0, s, c, 0];
  },
};
