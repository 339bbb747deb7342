import { writeFileSync } from "node:fs";
import { encodeSafetensors } from "../../src/files/safetensors.ts";
import { type commandLine, DIGITS, floats, OLD_RESULT, readArrays } from "./command-line.ts";

/** The model and its data, as every verb takes them. */
export const MODEL = [DIGITS, "--data", "good.npz"];

/** How each verb is asked for something small; what writes a file is told where. */
export const SMALL = {
  profile: ["profile", ...MODEL, "--only", "loss"],
  compare: ["compare", OLD_RESULT, OLD_RESULT],
  inspect: ["inspect", DIGITS],
  check: ["check", ...MODEL],
  apply: ["apply", "hessian", ...MODEL, "--vector", "ones.npz"],
  export: ["export", DIGITS, "--batch", "2", "--loss", "cross-entropy"],
  bench: ["bench", ...MODEL, "--runs", "2", "--gemm-size", "32"],
  line: ["line", ...MODEL, "--x", "-1:1:5"],
  surface: ["surface", ...MODEL, "--x", "-1:1:5", "--y", "-1:1:3"],
  topology: ["topology", ...MODEL, "--samples", "8"],
  sensitivity: ["sensitivity", ...MODEL, "--bits", "8"],
  connect: ["connect", DIGITS, "ones.npz", "--data", "good.npz", "--points", "3"],
  race: ["race", "saddle", "--starts", "2", "--steps", "5"],
  llc: ["llc", ...MODEL, "--temperatures", "1", "--localization", "100", "--warmup", "40", "--draws", "100"],
  train: ["train", ...MODEL, "--steps", "2", "--batch", "full"],
  critical: ["critical", "deep-linear:2-1-2", "--data", "whitened.npz", "--loss", "mse", "--starts", "2"],
  claims: ["claims", "--topic", "geometry"],
  claim: ["claim", "A7", "--scale", "0.01"],
  atlas: ["atlas", "--search", "coin flip", "--scale", "0.01"],
  lr: ["lr", ...MODEL, "--batch", "full", "--batches", "3", "--ramp", "4"],
  trajectory: ["trajectory", DIGITS, "ones.safetensors", "ones-too.safetensors", "--data", "good.npz"],
} as const;

/** The same where there is a plan: of a race, on a network. */
export const PLANNED = { ...SMALL, race: ["race", ...MODEL, "--starts", "2", "--steps", "5"] } as const;

/** Writes the other weights that they read. */
export function writeOnes({ at, npz }: Pick<ReturnType<typeof commandLine>, "at" | "npz">): void {
  npz("whitened.npz", { x: floats([2, 2], (i) => (i % 3 === 0 ? 1 : 0)), y: floats([2, 2], (i) => [2, 0, 0, 1][i]) });
  npz("ones.npz", {
    "hidden.weight": floats([32, 64], () => 1),
    "hidden.bias": floats([32], () => 1),
    "output.weight": floats([10, 32], () => 1),
    "output.bias": floats([10], () => 1),
  });
  for (const name of ["ones", "ones-too"])
    writeFileSync(at(`${name}.safetensors`), encodeSafetensors([...readArrays(at("ones.npz"))]));
}
