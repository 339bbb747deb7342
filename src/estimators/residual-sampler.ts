import { orthogonalize } from "../linalg/multi-vector.ts";
import { axpy, dot, norm2, scale } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { KrylovSpace, randomBlock } from "./krylov-space.ts";
import type { Products } from "./products.ts";
import { sphereProbe } from "./probe.ts";
import { inOrder } from "../util/in-order.ts";

/** One probe of the complement: z, PAz, with P = I − QQᵀ and z = Pz on the sphere. */
interface Probe {
  readonly z: Float64Array;
  readonly image: Float64Array;
}

export interface Sample {
  /** zᵀAz */
  readonly quadratic: number;
  /** ‖PAz‖² */
  readonly square: number;
  /** The vectors, where more directions may still be taken out of them. */
  readonly probe: Probe | undefined;
}

/**
 * Splits a symmetric operator by a Krylov space Q into a part that is known exactly and the rest PAP,
 * which is sampled:
 *
 *   tr A = tr T + tr PAP,    ‖A‖²_F = ‖T‖²_F + 2‖C‖²_F + ‖PAP‖²_F.
 *
 * The outliers, which make the samples skewed and wide, go into T after a few steps. When the space
 * grows, probes taken before are projected, and A Pz = Az − A Q Qᵀz is known without a new product: so
 * whether one more deflation step pays is decided by looking, at no cost.
 *
 * Source: Chen & Hallman 2023 (Krylov-aware trace estimation); recycled probes ours.
 */
export class ResidualSampler {
  samples: Sample[] = [];
  private readonly products: Products;
  private readonly random: RandomStream;
  private readonly space: KrylovSpace;
  private readonly dimension: number;
  private drawn = 0;

  constructor(products: Products, random: RandomStream) {
    this.products = products;
    this.random = random;
    this.dimension = products.operator.dimension;
    this.space = new KrylovSpace({
      operator: products.operator,
      start: randomBlock(
        random.split("deflation"),
        this.dimension,
        Math.max(1, Math.min(products.operator.preferredBlock, this.dimension)),
      ),
      refill: random.split("refill"),
    });
  }

  /** Directions removed so far. */
  get deflated(): number {
    return this.space.length;
  }

  /** Dimension of what is sampled. */
  get remaining(): number {
    return this.dimension - this.space.length;
  }

  /** Products of one more deflation step. */
  get blockSize(): number {
    return this.space.pending().length;
  }

  exactTrace(): number {
    return this.space.jacobi().diagonal.reduce((sum, x) => sum + x, 0);
  }

  exactSquare(): number {
    const t = this.space.projected();
    return dot(t, t) + 2 * this.space.couplingSquare();
  }

  /** Draws fresh probes and takes their products. The vectors are kept only where a deflation step is to come. */
  async draw(count: number, deflatable = false): Promise<void> {
    const basis = this.space.vectors();
    const { preferredBlock, atOnce = 1 } = this.products.operator;
    const first = this.drawn;
    this.drawn += count;
    const blocks: number[][] = [];
    for (let at = 0; at < count; at += preferredBlock) {
      blocks.push(Array.from({ length: Math.min(preferredBlock, count - at) }, (_, i) => first + at + i));
    }
    await inOrder(blocks, atOnce, async (block) => {
      const probes = block.map((i) => sphereProbe(this.random.split(`probe ${i}`), this.dimension, basis));
      const images = await this.products.apply(probes);
      const samples = probes.map((z, i) => {
        orthogonalize(basis, images[i]);
        return measured({ z, image: images[i] }, deflatable);
      });
      return () => samples.forEach((each) => this.samples.push(each));
    });
  }

  /** Drops the probes drawn so far. */
  forget(): void {
    this.samples = [];
  }

  /** One deflation step: the pending block joins the basis, and every sample is projected. Samples without vectors are lost. */
  async deflate(): Promise<void> {
    const block = [...this.space.pending()];
    this.space.absorb(await this.products.apply(block));
    const target = Math.sqrt(this.remaining);
    const probes = this.samples.flatMap(({ probe }) => probe ?? []);
    this.samples = probes.map((sample) => {
      const c = new Float64Array(this.space.length);
      const removed = orthogonalize(block, sample.z).coefficients;
      c.set(removed, this.space.length - block.length);
      // With z' = z − Xc: PAz' = P(Az) − P A X c, and P A X c is the leak out of the enlarged basis.
      orthogonalize(block, sample.image);
      axpy(-1, this.space.leak(c), sample.image);
      const stretch = target / norm2(sample.z);
      if (Number.isFinite(stretch)) {
        scale(stretch, sample.z);
        scale(stretch, sample.image);
      }
      return measured(sample, true);
    });
  }
}

function measured(probe: Probe, keep: boolean): Sample {
  const { z, image } = probe;
  return { quadratic: dot(z, image), square: dot(image, image), probe: keep ? probe : undefined };
}
