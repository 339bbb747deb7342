/**
 * The ziggurat for the normal distribution: 128 boxes of equal area under exp(−x²/2), the lowest one
 * with the tail beyond `TAIL_START` (Marsaglia & Tsang 2000; Doornik 2005, "ZIGNOR", which draws the
 * box and the abscissa from different bits).
 */
const BOXES = 128;
const TAIL_START = 3.442619855899;
const BOX_AREA = 9.91256303526217e-3;

/** Right edges of the boxes, from the lowest (with its tail, as if it were a rectangle) to 0 at the top. */
const edge = new Float64Array(BOXES + 1);
/** edge[i + 1] / edge[i]: an abscissa below this share of its box is accepted at once. */
const inside = new Float64Array(BOXES);

const bell = (x: number): number => Math.exp(-0.5 * x * x);

edge[0] = BOX_AREA / bell(TAIL_START);
edge[1] = TAIL_START;
for (let i = 2; i < BOXES; i++) edge[i] = Math.sqrt(-2 * Math.log(BOX_AREA / edge[i - 1] + bell(edge[i - 1])));
edge[BOXES] = 0;
for (let i = 0; i < BOXES; i++) inside[i] = edge[i + 1] / edge[i];

const TWO_POW_MINUS_52 = 2 ** -52;

/** A standard normal number from a source of 32-bit words; about 1.02 × 2 words each. */
export function nextNormal(next: () => number): number {
  for (;;) {
    // 53 bits for the abscissa in [−1, 1), seven of the other eleven for the box.
    const high = next();
    const low = next();
    const box = (high & 63) | ((low & 1) << 6);
    const u = ((high >>> 6) * 134217728 + (low >>> 5)) * TWO_POW_MINUS_52 - 1;
    if (Math.abs(u) < inside[box]) return u * edge[box];
    if (box === 0) return tail(next, u < 0);
    const x = u * edge[box];
    const lower = Math.exp(-0.5 * (edge[box] * edge[box] - x * x));
    const upper = Math.exp(-0.5 * (edge[box + 1] * edge[box + 1] - x * x));
    if (upper + open(next) * (lower - upper) < 1) return x;
  }
}

/** A uniform number in (0, 1). */
function open(next: () => number): number {
  return ((next() >>> 0) + 0.5) / 4294967296;
}

/** A normal number beyond `TAIL_START` (Marsaglia 1964). */
function tail(next: () => number, negative: boolean): number {
  for (;;) {
    const x = Math.log(open(next)) / TAIL_START;
    const y = Math.log(open(next));
    if (-2 * y >= x * x) return negative ? x - TAIL_START : TAIL_START - x;
  }
}
