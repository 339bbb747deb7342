import { thinQr } from "../linalg/thin-qr.ts";
import { dots } from "../linalg/multi-vector.ts";
import { dot, norm2, scale } from "../linalg/vector.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { sphereProbe } from "./probe.ts";
import type { Products } from "./products.ts";

export interface XTrace {
  readonly value: number;
  readonly standardError: number;
  readonly probes: number;
  /** Estimate of ‖A‖_F, for the allowance for rounding. */
  readonly size: number;
}

/**
 * XTrace (Epperly, Tropp & Webber 2024): Hutch++ with every probe used both to sketch and to sample, by
 * leaving one out. With Y = AΩ and Q₍₋ᵢ₎ an orthonormal basis of Y without column i,
 *
 *   tᵢ = tr Q₍₋ᵢ₎ᵀ A Q₍₋ᵢ₎ + zᵢᵀ A zᵢ,   zᵢ = (I − Q₍₋ᵢ₎Q₍₋ᵢ₎ᵀ) ωᵢ scaled to ‖zᵢ‖² = n − m + 1,
 *
 * and the estimate is their mean. Q₍₋ᵢ₎Q₍₋ᵢ₎ᵀ = Q(I − sᵢsᵢᵀ)Qᵀ with sᵢ the normalised i-th column of
 * R⁻ᵀ makes all of them cost one QR. The error is estimated by the spread of the tᵢ: the
 * paper's √(Σ(tᵢ − t)²/(m(m−1))) takes them as independent, yet every two share their sketch and each
 * other's probe; measured on flat, decaying and indefinite spectra the true variance of the mean is
 * about twice that, so the standard error carries a factor √2.
 *
 * @param m probes; 2m products
 */
export async function xtrace(products: Products, m: number, random: RandomStream): Promise<XTrace> {
  const { dimension } = products.operator;
  const omega = Array.from({ length: m }, (_, i) => sphereProbe(random.split(`probe ${i}`), dimension));
  const y = await products.apply(omega);
  const { q, r } = thinQr(y);
  const images = await products.apply(q);
  const k = q.length;
  // Below full rank the sketch holds the whole range, so the trace is known.
  const h = images.map((image) => dots(q, image));
  const inside = h.reduce((sum, row, i) => sum + row[i], 0);
  const size = Math.sqrt(y.reduce((sum, image) => sum + dot(image, image), 0) / m);
  if (k < m) return { value: inside, standardError: 0, probes: m, size };

  const estimates = omega.map((w, i) => {
    const s = leftOut(r, i);
    const along = dots(q, w);
    const onS = dot(s, along);
    // zᵢ ∝ w − Q(along − s onS): its squared length, and its quadratic form from what is known.
    const c = along.map((x, j) => x - s[j] * onS);
    const freedom = dimension - m + 1;
    const length = dot(w, w) - dot(c, c);
    const hs = Float64Array.from(h, (row) => dot(row, s));
    const hc = Float64Array.from(h, (row) => dot(row, c));
    const aw = y[i];
    const wAw = dot(w, aw);
    const cAw = dot(c, dots(q, aw));
    const form = wAw - 2 * cAw + dot(c, hc);
    return inside - dot(s, hs) + (length > 0 ? (form * freedom) / length : 0);
  });
  const value = estimates.reduce((sum, x) => sum + x, 0) / m;
  const spread = estimates.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: Math.sqrt((2 * spread) / (m * (m - 1))), probes: m, size };
}

/** The unit vector s with s ⟂ every column of R but the i-th: the normalised i-th column of R⁻ᵀ. */
function leftOut(r: readonly Float64Array[], i: number): Float64Array {
  const m = r.length;
  // Column j of R is r[j], so row j of Rᵀ is r[j] and Rᵀ s = eᵢ is solved forwards.
  const s = new Float64Array(m);
  for (let j = i; j < m; j++) {
    let sum = j === i ? 1 : 0;
    for (let l = i; l < j; l++) sum -= r[j][l] * s[l];
    s[j] = sum / r[j][j];
  }
  scale(1 / norm2(s), s);
  return s;
}
