import { requireUnique } from "../util/require-unique.ts";
import { convolutional } from "./convolutional.ts";
import { deepLinear } from "./deep-linear.ts";
import { gpt } from "./gpt.ts";
import { lenet } from "./lenet.ts";
import { multilayerPerceptron } from "./multilayer-perceptron.ts";
import type { Net } from "./net.ts";
import { resnet20, resnet8 } from "./residual.ts";
import { strided } from "./strided.ts";
import { visionTransformer } from "./vision-transformer.ts";

/** Every built-in network, in the order of the help. */
export const NETS: readonly Net[] = [
  multilayerPerceptron,
  deepLinear,
  lenet,
  convolutional,
  strided,
  resnet8,
  resnet20,
  gpt,
  visionTransformer,
];

requireUnique(NETS, ({ name }) => name, "networks");
