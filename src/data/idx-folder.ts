import { inputError } from "../files/input-error.ts";

/** How the parts of MNIST-like sets are called in file names. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  train: ["train"],
  test: ["t10k", "test"],
};

/** How files of this format are called. */
export const IDX_NAME = /[-.]idx\d-u?byte(\.gz)?$/;

/**
 * Chooses the images and labels of one part of an IDX folder by the file names of MNIST
 * (train-images-idx3-ubyte, t10k-labels-idx1-ubyte, with "." for the last "-" or .gz allowed).
 *
 * @param names the files in the folder
 * @throws ThalwegError `no-idx-files`
 */
export function chooseIdxFiles(folder: string, names: readonly string[], split = "train"): { x: string; y: string } {
  const find = (kind: "images" | "labels") =>
    (PREFIXES[split] ?? [split])
      .flatMap((prefix) => names.filter((name) => name.startsWith(`${prefix}-${kind}`) && IDX_NAME.test(name)))
      .sort()[0];
  const [x, y] = [find("images"), find("labels")];
  if (x !== undefined && y !== undefined) return { x, y };
  throw inputError(
    "no-idx-files",
    `The folder ${folder} has no ${x === undefined ? "images" : "labels"} of the part "${split}" in IDX format.`,
    { file: folder },
    "It should hold files such as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz; images lie in a folder for each class within it; for other data give a .npz or CSV file.",
  );
}
