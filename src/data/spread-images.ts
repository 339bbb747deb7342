import { formatCounted, formatCount } from "../util/format-size.ts";
import type { ImageClass } from "./image-folder.ts";

/** Classes that a sentence names. */
const NAMED = 10;

/**
 * So many of the images of all classes, evenly spaced among them: the k-th of n is image ⌊k N/n⌋ of all N. Each class has its share to
 * within one image; the first n would be of the first class alone. All of them where there are no more.
 *
 * @returns the classes with what was taken of each, and a sentence on it where any was left out
 */
export function spreadImages(
  classes: readonly ImageClass[],
  limit: number | undefined,
): { readonly taken: readonly ImageClass[]; readonly notes: readonly string[] } {
  const all = classes.reduce((sum, { images }) => sum + images.length, 0);
  if (limit === undefined || !(Number.isInteger(limit) && limit >= 1) || limit >= all)
    return { taken: classes, notes: [] };
  const chosen = new Set(Array.from({ length: limit }, (_, k) => Math.floor((k * all) / limit)));
  let at = 0;
  const taken = classes.map(({ name, images }) => ({ name, images: images.filter(() => chosen.has(at++)) }));
  const without = taken.filter(({ images }) => images.length === 0);
  const each = taken.slice(0, NAMED).map(({ name, images }) => `${formatCount(images.length)} of ${name.slice(0, 40)}`);
  return {
    taken,
    notes: [
      `Of ${formatCounted(all, "image")}, ${formatCount(limit)} were taken, evenly spaced among the classes: ${each.join(", ")}${taken.length > NAMED ? ", …" : ""}.${without.length > 0 ? ` There is none of ${formatCounted(without.length, "class", "classes")}.` : ""}`,
    ],
  };
}
