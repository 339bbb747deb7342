import { existsSync } from "node:fs";
import { inputError } from "../files/input-error.ts";
import { isNetName } from "../nets/make-net.ts";
import { NETS } from "../nets/registry.ts";

/**
 * Stops where a built-in network is named in the place of a file of weights: it lies nowhere on disk, so a run could
 * neither hash it nor see that it has changed.
 *
 * @throws input error `not-weights`, which says how it is written
 */
export function requireWritten(path: string): void {
  const [name] = path.split(/[:@]/);
  // Any word may be the name of a file, so only those of networks are taken for theirs.
  if (!isNetName(path) || NETS.every((net) => net.name !== name) || existsSync(path)) return;
  throw inputError(
    "not-weights",
    `${path} is a built-in network, where a file of weights is expected.`,
    { file: path },
    `Write it first: \`thalweg nets ${path} -o FILE.onnx\`. A seed behind an @ draws other weights.`,
  );
}
