import { type KroneckerBasis, timesKronecker } from "../linalg/kronecker.ts";
import type { FloatType } from "../util/tensor.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { requireBlock } from "./checked-products.ts";
import type { LinearOperator } from "./linear-operator.ts";

/** The block of a layer, diagonal in the products of its factors' eigenvectors. */
export interface LayerBlock extends KroneckerBasis {
  /** Where the weights of unit r lie in θ: `places[r * columns + c]`. */
  readonly places: Int32Array;
  /** Its eigenvalues, rows × columns, without an L2 term. */
  readonly curvatures: Float64Array;
}

/** A matrix that knows how to be inverted. */
export interface InvertibleOperator extends LinearOperator {
  /**
   * (A + δI)⁻¹, exactly but for rounding. Cost: a product costs as one of A.
   *
   * @throws usage error `not-positive` where A + δI has an eigenvalue that is not above 0
   */
  inverse(damping: number): LinearOperator;
}

interface Layered {
  readonly name: string;
  readonly dimension: number;
  readonly precision: FloatType;
  readonly blocks: readonly LayerBlock[];
  /** What stands on the diagonal where no block is. */
  readonly diagonal: Float64Array;
  /** λ of an L2 term, which is added everywhere. */
  readonly l2: number;
}

/**
 * A matrix in parameter space with a block for each layer, each diagonal in the products of two orthonormal bases, and a
 * diagonal for parameters that are in no layer. Cost of a product: Σ 4 rows · columns · (rows + columns) flops.
 */
export function layeredOperator({ name, dimension, precision, blocks, diagonal, l2 }: Layered): InvertibleOperator {
  const withEigenvalues = (title: string, map: (eigenvalue: number) => number): LinearOperator => {
    const mapped = blocks.map((block) => ({ ...block, curvatures: block.curvatures.map(map) }));
    const rest = diagonal.map(map);
    return {
      name: title,
      dimension,
      symmetric: true,
      precision,
      preferredBlock: 1,
      apply: async (vectors) => {
        requireBlock({ name: title, dimension }, vectors);
        return vectors.map((vector) => {
          const product = vector.map((x, i) => rest[i] * x);
          for (const { places, curvatures, ...basis } of mapped) {
            const image = timesKronecker(
              basis,
              Float64Array.from(places, (at) => vector[at]),
              curvatures,
            );
            places.forEach((at, i) => (product[at] = image[i]));
          }
          return product;
        });
      },
    };
  };
  return {
    ...withEigenvalues(name, (eigenvalue) => eigenvalue + l2),
    inverse: (damping) =>
      withEigenvalues(`(${name} + ${damping} I)⁻¹`, (eigenvalue) => {
        const damped = eigenvalue + l2 + damping;
        if (damped > 0) return 1 / damped;
        throw new ThalwegError({
          kind: "usage",
          code: "not-positive",
          message: `The matrix ${name} + ${damping} I has the eigenvalue ${damped}, so its damped inverse is not taken.`,
          hint: "Give a damping above 0, larger than what its lowest eigenvalue lies below it.",
        });
      }),
  };
}
