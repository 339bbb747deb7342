import { sizeOf } from "../../util/tensor.ts";
import { labelError, type Loss } from "./loss.ts";

/** A check of labels one by one; `needs` continues "The label of example 3 is −1, but …". */
export function requireEach(fits: (label: number) => boolean, needs: string): NonNullable<Loss["checkLabels"]> {
  return (labels, _outputs, _options, first) => {
    const each = sizeOf(labels.shape.slice(1));
    labels.data.forEach((label, i) => {
      if (fits(label)) return;
      throw labelError(
        "label-outside-classes",
        `The label of example ${first + Math.floor(i / each)} is ${label}, but ${needs}.`,
      );
    });
  };
}
