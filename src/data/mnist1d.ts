import { readNpz } from "../files/npz.ts";
import type { BuiltInSet } from "./built-in-set.ts";

export const mnist1d: BuiltInSet = {
  name: "mnist1d",
  title: "MNIST-1D",
  description:
    "Signals of 40 samples in 10 classes, x float32 [4000, 40] as published (mean 0, standard deviation 1); mnist1d is the training part, mnist1d:test the 1000 test examples, mnist1d:all both.",
  licence: "Apache-2.0",
  citation: "S. Greydanus: Scaling down deep learning. arXiv:2011.14439, 2020.",
  url: "https://github.com/greydanus/mnist1d",
  asset: "mnist1d.npz",
  splits: { train: [0, 4000], test: [4000, 5000], all: [0, 5000] },
  read: (asset) => ({ arrays: readNpz(asset), notes: [] }),
};
