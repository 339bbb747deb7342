/** A change of the loss with what rounding may have added to it; null where it is not finite. */
export interface Change {
  readonly value: number;
  readonly rounding: number;
}

/** How far along a step the loss stays below where it began. */
export interface CriticalStep {
  /** The t at which L(θ + t d) = L(θ) again; null where it was not met. */
  readonly multiple: number | null;
  /** Half-width: between the ends the sign of the change turns, beyond what rounding may turn. */
  readonly error: number | null;
  /** Forward passes that it took, the first at t = 1 among them. */
  readonly passes: number;
  readonly reason: string | null;
}

interface Sample {
  readonly t: number;
  /** The change over t: linear in t on a quadratic. */
  readonly rate: number;
  readonly rounding: number;
}

/** How far one pass goes beyond the last. */
const STRETCH = 8;

/** After so many the root of a parabola is as exact as its samples. */
const HALVINGS = 60;

/** A bracket narrower than this, relative to its place, is narrow enough. */
const NARROW = 1e-3;

/**
 * The critical step of an update d: the t > 0 at which the loss along θ + t d comes back to what it was at t = 0, having
 * been below it (Kalra et al. 2026, arXiv 2601.16979: 2 over it is the critical sharpness). On a quadratic it is
 * −2 gᵀd / dᵀHd.
 *
 * φ(t) = L(θ + t d) − L(θ) has that root and one at 0; φ(t)/t has that one alone, and is a line where the loss is a
 * quadratic, so that each pass goes where the line through the last two meets zero. The root is enclosed: φ < 0 at one end
 * of the bracket and φ > 0 at the other by more than rounding. Where slope and curvature at the start, or with a pass the
 * cubic through all three, say that the loss was back earlier, one pass looks there. An earlier root between passes is not
 * excluded even so.
 *
 * Cost: at most `passes` losses.
 *
 * @param slope φ′(0) = gᵀd, where it is known: it spares a pass
 * @param curvature ½φ″(0) = ½dᵀHd, where it is known
 * @param changeAt φ, with its rounding; null where the loss is not finite there
 */
export async function criticalStep(
  changeAt: (t: number) => Promise<Change | null>,
  { slope, curvature, passes }: Known,
): Promise<CriticalStep> {
  if (slope !== undefined && slope >= 0)
    return { multiple: null, error: null, passes: 0, reason: "the loss rises along the step from its start on" };
  const seen: Sample[] = slope === undefined ? [] : [{ t: 0, rate: slope, rounding: 0 }];
  /** Where the loss is not finite: as good as above. */
  let wall = Number.POSITIVE_INFINITY;
  let last: number | undefined;
  let taken = 0;
  /** A pass below another, to see whether the loss was back before. */
  let isLook = false;
  let hasLooked = slope === undefined || curvature === undefined;
  for (let t = 1; taken < passes;) {
    const change = await changeAt(t);
    taken++;
    if (change === null) wall = Math.min(wall, t);
    else {
      const sample = { t, rate: change.value / t, rounding: change.rounding };
      const isLevel = Math.abs(change.value) <= change.rounding;
      if (!isLevel || !isLook) seen.push(sample);
      if (isLevel && !isLook) return levelAt(sample, seen, taken);
    }
    isLook = false;
    const { below, above } = bracketOf(seen, wall);
    if (!hasLooked && below !== undefined && slope !== undefined && curvature !== undefined) {
      hasLooked = true;
      const earlier = earlierAt(slope, curvature, below);
      if (earlier !== undefined) {
        isLook = true;
        t = earlier;
        continue;
      }
    }
    if (below === undefined || above === undefined) {
      t = beyond(seen, below, Math.min(above?.t ?? wall, wall));
      continue;
    }
    if (above.t - below.t <= NARROW * above.t) break;
    const root = rootBetween(below, above, seen);
    t = probeAbout(root, last, below.t, above.t);
    last = root;
  }
  return enclosed(bracketOf(seen, wall), seen, taken);
}

interface Known {
  readonly slope: number | undefined;
  readonly curvature?: number;
  readonly passes: number;
}

/** The first sample above, and the last below before it: the start, where it is known to fall and no other is. */
function bracketOf(seen: readonly Sample[], wall: number): Bracket {
  const inOrder = seen.filter(({ t }) => t < wall).toSorted((a, b) => a.t - b.t);
  const above = inOrder.find(({ rate }) => rate > 0);
  if (above === undefined) return { above, below: inOrder.findLast(({ t }) => t > 0) };
  return { above, below: inOrder.findLast(({ t, rate }) => rate < 0 && t < above.t) };
}

interface Bracket {
  readonly below: Sample | undefined;
  readonly above: Sample | undefined;
}

/** Where the loss may have been back before a sample that is below, by slope and curvature at the start. */
function earlierAt(slope: number, curvature: number, { t, rate }: Sample): number | undefined {
  if (curvature <= 0) return undefined;
  // φ/t is slope + curvature t + cubic t².
  const cubic = (rate - slope - curvature * t) / (t * t);
  const top = -curvature / (2 * cubic);
  if (top > 0 && top < t && slope + (curvature * top) / 2 > 0) return top;
  const root = -slope / curvature;
  return 2 * root < t ? 2 * root : undefined;
}

/** Where to look while the loss was seen on one side only: where the line through two samples meets zero, within limits. */
function beyond(seen: readonly Sample[], below: Sample | undefined, limit: number): number {
  const [one, other] = seen.filter((each) => each.t <= limit).toSorted((a, b) => b.t - a.t);
  const met =
    one !== undefined && other !== undefined
      ? (one.t * other.rate - other.t * one.rate) / (other.rate - one.rate)
      : Number.NaN;
  if (below !== undefined) {
    const most = Number.isFinite(limit) ? (below.t + limit) / 2 : STRETCH * below.t;
    return met > below.t && met < most ? met : most;
  }
  return met > limit / STRETCH && met < limit ? met : limit / STRETCH;
}

/** The root between two samples of the parabola through them and the sample nearest to them: the loss as a cubic. */
function rootBetween(below: Sample, above: Sample, seen: readonly Sample[]): number {
  const distance = ({ t }: Sample) => Math.min(Math.abs(t - below.t), Math.abs(t - above.t));
  const third = seen
    .filter((each) => each !== below && each !== above)
    .toSorted((a, b) => distance(a) - distance(b))
    .at(0);
  const first = (above.rate - below.rate) / (above.t - below.t);
  const second =
    third === undefined ? 0 : ((third.rate - above.rate) / (third.t - above.t) - first) / (third.t - below.t);
  const rateAt = (t: number) => below.rate + (t - below.t) * (first + (t - above.t) * second);
  let [low, high] = [below.t, above.t];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (rateAt(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The root where it is guessed for the first time; then twice as far beyond it as the guess has moved, towards the end of the
 * bracket that is farther away: so both ends close in.
 */
function probeAbout(root: number, last: number | undefined, below: number, above: number): number {
  if (last === undefined) return root;
  const moved = Math.max(2 * Math.abs(root - last), (NARROW / 4) * root);
  const beyondRoot = above - root > root - below ? root + moved : root - moved;
  // Where guesses jump about, the middle is the better half.
  return beyondRoot > below && beyondRoot < above ? beyondRoot : (below + above) / 2;
}

/** The loss is level there, as far as rounding lets it be told. */
function levelAt(sample: Sample, seen: readonly Sample[], passes: number): CriticalStep {
  const other = seen
    .filter(({ t }) => t !== sample.t)
    .toSorted((a, b) => Math.abs(a.t - sample.t) - Math.abs(b.t - sample.t))
    .at(0);
  const steepness = other === undefined ? 0 : Math.abs((other.rate - sample.rate) / (other.t - sample.t));
  const error = sample.rounding / (sample.t * steepness);
  if (!(error < sample.t))
    return {
      multiple: null,
      error: null,
      passes,
      reason: "the loss changes by no more than its rounding along the step",
    };
  return { multiple: sample.t, error, passes, reason: null };
}

function enclosed({ below, above }: Bracket, seen: readonly Sample[], passes: number): CriticalStep {
  if (below === undefined)
    return { multiple: null, error: null, passes, reason: "the loss was nowhere seen to fall along the step" };
  if (above === undefined)
    return {
      multiple: null,
      error: null,
      passes,
      reason: `out to ${Number(below.t.toPrecision(3))} times the step the loss was not seen to rise above where it began`,
    };
  const multiple = rootBetween(below, above, seen);
  return { multiple, error: Math.max(multiple - below.t, above.t - multiple), passes, reason: null };
}
