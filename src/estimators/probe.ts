import { orthogonalize } from "../linalg/multi-vector.ts";
import type { Basis } from "../linalg/multi-vector.ts";
import { norm2, scale } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";

/**
 * A random vector, uniform on the sphere of squared radius d = dimension − |locked| in the complement
 * of the orthonormal `locked`: E zzᵀ = I − LLᵀ.
 *
 * Why the sphere and not random signs or normal numbers. The law of zᵀAz then depends on the eigenvalues
 * alone, so the coverage of an interval can be proved on a diagonal matrix and holds for every operator;
 * signs give two-point laws, with no valid interval, for matrices with few off-diagonal entries. Its
 * variance 2d/(d+2) (‖A‖²_F − tr(A)²/d) is below that of normal numbers, 2‖A‖²_F, and vanishes for A = cI.
 */
export function sphereProbe(random: RandomStream, dimension: number, locked: Basis = []): Float64Array {
  const z = random.normalVector(dimension);
  if (locked.length > 0) {
    orthogonalize(locked, z);
    scale(1 / norm2(z), z);
    orthogonalize(locked, z);
  }
  scale(Math.sqrt(dimension - locked.length) / norm2(z), z);
  return z;
}
