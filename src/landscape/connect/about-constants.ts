import { isSameTensor } from "../../graph/same-graph.ts";
import type { ModelFile } from "../../onnx/decode-model.ts";

/** That two files differ in constants, which no way between their parameters changes. */
export function aboutConstants(mine: ModelFile, theirs: ModelFile, path: string): string[] {
  const different = mine.constants.filter(({ name }) => {
    const [here, there] = [mine.tensors.get(name)?.tensor, theirs.tensors.get(name)?.tensor];
    return here && there && !isSameTensor(here, there);
  });
  if (different.length === 0) return [];
  const names = different.map(({ label }) => label).join(", ");
  return [
    `${path} holds other constants than the model, which stay as the model has them (${names}): its end of the way is another network than it was.`,
  ];
}
