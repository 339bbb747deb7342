import type { RandomStream } from "../random/random-stream.ts";
import { GROUP_MAPS } from "./group-maps.ts";
import type { Symmetry } from "./symmetry.ts";
import type { GroupElement } from "./unit-map.ts";

/**
 * A random element of the group: every class through random maps of all that it is free for. Applied to the parameters,
 * it must leave the outputs as they are, which proves the symmetry.
 */
export function randomElement(symmetry: Symmetry, random: RandomStream): GroupElement {
  return symmetry.classes.map(({ extent, freedom, places }, units) => {
    const stream = random.split(`units ${units}`);
    const count = places === undefined ? 1 : symmetry.classes[places].extent;
    return Array.from({ length: count }, (_, place) =>
      GROUP_MAPS[freedom].random(extent, stream.split(`place ${place}`)),
    );
  });
}
