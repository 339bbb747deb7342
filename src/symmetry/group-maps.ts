import type { Freedom } from "../graph/unit-freedom.ts";
import { assign } from "../linalg/assignment.ts";
import { identityMatrix, timesTransposed, transposed } from "../linalg/dense.ts";
import { polarFactor } from "../linalg/polar-factor.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { exchange, identityOrder, linearMap, rotation, type UnitMap } from "./unit-map.ts";
import { generatorsAboutOnes, linearGenerators, rotationGenerators, scaleGenerators } from "./generators.ts";

/** Spread of the logarithms of random scales. */
const SPREAD = 0.3;

/** All that is done with the maps of one group. */
export interface GroupMaps {
  /** A random one of all that the group has. */
  random(n: number, random: RandomStream): UnitMap;
  /** Of those that can be gone through without a jump: a basis of the Lie algebra, or more than one, as matrices. */
  generators(n: number): Float64Array[];
  /** Which of them leave a balanced network balanced: those that matching begins with. */
  readonly compact: Freedom;
  /** What balance settles of it before anything is matched. */
  readonly settled: "scales" | "shears" | "nothing";
  /** Those that are left, among which the one of largest agreement is looked for. */
  readonly matched: MatchedMaps;
}

/** The maps of a group once scales and shears are settled. */
export interface MatchedMaps {
  /** Whether the best one is an assignment, whose prices are worth keeping from one look to the next. */
  readonly isAssigned: boolean;
  /** The map M with the largest ⟨M, S⟩. */
  best(sum: Float64Array, n: number): UnitMap;
  /** Of a gradient with respect to M, the part within whose tangents rotations go; undefined where maps do not turn. */
  readonly turning: ((slope: Float64Array, n: number) => Float64Array) | undefined;
}

const NONE: MatchedMaps = {
  isAssigned: false,
  best: (_sum, n) => exchange(identityOrder(n)),
  turning: undefined,
};

const EXCHANGES: MatchedMaps = {
  isAssigned: true,
  best: (sum, n) => exchange(assign(sum, n).columns),
  turning: undefined,
};

const ROTATIONS: MatchedMaps = {
  isAssigned: false,
  best: (sum, n) => rotation(polarFactor(sum, n)),
  turning: (slope) => slope,
};

const ROTATIONS_ABOUT_ONES: MatchedMaps = {
  isAssigned: false,
  best: (sum, n) => rotation(aboutOnes(sum, n)),
  turning: besideOnes,
};

/** Of every group that units may be sent through: a group that is not here does not compile. */
export const GROUP_MAPS: Readonly<Record<Freedom, GroupMaps>> = {
  general: {
    random: randomLinear,
    generators: linearGenerators,
    compact: "orthogonal",
    settled: "shears",
    matched: ROTATIONS,
  },
  orthogonal: {
    random: (n, random) => ROTATIONS.best(random.normalVector(n * n), n),
    generators: rotationGenerators,
    compact: "orthogonal",
    settled: "nothing",
    matched: ROTATIONS,
  },
  centred: {
    random: (n, random) => ROTATIONS_ABOUT_ONES.best(random.normalVector(n * n), n),
    generators: generatorsAboutOnes,
    compact: "centred",
    settled: "nothing",
    matched: ROTATIONS_ABOUT_ONES,
  },
  monomial: {
    random: (n, random) => exchange(random.permutation(n), randomScales(n, random)),
    generators: scaleGenerators,
    compact: "permutation",
    settled: "scales",
    matched: EXCHANGES,
  },
  permutation: {
    random: (n, random) => exchange(random.permutation(n)),
    generators: () => [],
    compact: "permutation",
    settled: "nothing",
    matched: EXCHANGES,
  },
  scaling: scalesAlone(),
  "positive scaling": scalesAlone(),
  fixed: {
    random: (n) => NONE.best(new Float64Array(0), n),
    generators: () => [],
    compact: "fixed",
    settled: "nothing",
    matched: NONE,
  },
};

/** Scales of gains, which are made ones before anything is matched. */
function scalesAlone(): GroupMaps {
  return {
    random: (n, random) => exchange(identityOrder(n), randomScales(n, random)),
    generators: scaleGenerators,
    compact: "fixed",
    settled: "nothing",
    matched: NONE,
  };
}

function randomScales(n: number, random: RandomStream): Float64Array {
  return random.normalVector(n).map((x) => Math.exp(SPREAD * x));
}

function randomLinear(n: number, random: RandomStream): UnitMap {
  const [left, right] = [0, 1].map(() => polarFactor(random.normalVector(n * n), n));
  const stretched = right.slice();
  randomScales(n, random).forEach((scale, i) => {
    for (let j = 0; j < n; j++) stretched[i * n + j] *= scale;
  });
  return linearMap(timesTransposed(left, transposed(stretched, n), n), n);
}

/**
 * The orthogonal matrix nearest to a square one among those that leave the vector of ones where it is: the polar factor
 * of what is left of it beside ones, with ones put in their place.
 */
function aboutOnes(matrix: Float64Array, n: number): Float64Array {
  const centre = identityMatrix(n).map((x) => x - 1 / n);
  const beside = timesTransposed(timesTransposed(centre, transposed(matrix, n), n), centre, n);
  const size = Math.sqrt(beside.reduce((sum, x) => sum + x * x, 0)) || 1;
  return polarFactor(
    beside.map((x) => x + size / n),
    n,
  );
}

/** C S C for C = 1 − 1 1ᵀ / n: the means of rows and columns are taken off. */
function besideOnes(matrix: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(n);
  const columns = new Float64Array(n);
  let all = 0;
  matrix.forEach((x, at) => {
    rows[Math.floor(at / n)] += x / n;
    columns[at % n] += x / n;
    all += x / (n * n);
  });
  return matrix.map((x, at) => x - rows[Math.floor(at / n)] - columns[at % n] + all);
}
