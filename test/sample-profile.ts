import type { ResultDocument } from "../src/documents/result-kinds.ts";
import { resultWith } from "./support/result-with.ts";

type Profile = ResultDocument<"profile">;

const exact = (value: number) => ({
  value,
  standardError: 0,
  products: 0,
  method: "exact",
  interval: { lower: value, upper: value, confidence: 1 },
  converged: true,
});

const estimated = (value: number, standardError: number, products: number, method: string) => ({
  value,
  standardError,
  products,
  method,
  interval: { lower: value - 1.96 * standardError, upper: value + 1.96 * standardError, confidence: 0.95 },
  converged: true,
});

const pairs = (values: readonly number[]) => values.map((value) => ({ value, residual: Math.abs(value) * 3e-7 }));

const TOP = [41.83, 33.12, 27.4, 21.95, 18.2, 14.61, 11.3, 8.92, 6.1, 1.42];
const BOTTOM = [-0.911, -0.64, -0.402];
const TENSORS = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "head.weight", "head.bias"];

const grid = Array.from({ length: 400 }, (_, i) => -3 + (48 * i) / 399);
const WIDTH = 0.35;
const bell = (x: number, at: number, width: number) =>
  Math.exp(-0.5 * ((x - at) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
const density = grid.map(
  (x) =>
    0.97 * bell(x, 0.02, WIDTH) +
    0.02 * bell(x, 0.4, 0.9) +
    TOP.reduce((sum, at) => sum + bell(x, at, WIDTH) / 4810, 0) +
    1e-9,
);

/** A line whose loss leaves its parabola by a share of the change predicted that grows with the distance. */
const line = (direction: "top" | "bottom", value: number, slope: number, reach: number, departure: number) => {
  const step = Array.from({ length: 11 }, (_, i) => ((i - 5) / 5) * reach);
  const quadratic = step.map((t) => 0.06214 + slope * t + (value * t * t) / 2);
  const loss = quadratic.map(
    (each, i) =>
      each + departure * (step[i] / reach) ** 4 * (Math.abs(slope * reach) + (Math.abs(value) * reach ** 2) / 2),
  );
  return {
    direction,
    eigenvalue: { value, residual: Math.abs(value) * 3e-7 },
    slope,
    step,
    loss,
    quadratic,
    departure: { step: reach, value: departure, error: 1e-5 },
    holdsTo: departure > 0.1 ? step[8] : reach,
  };
};

const text = {
  measures:
    "The largest and smallest eigenvalues of the Hessian of the loss at these weights, by Lanczos iteration with full reorthogonalisation.",
  means:
    "The largest eigenvalue is the stiffest direction of the loss. Plain gradient descent is stable along it only for step sizes below 2/λmax.",
  doesNotMean:
    "It does not say how well the network generalises: rescaling the weights of a ReLU network changes it without changing the function.",
  tryNext:
    "Compare with a second checkpoint, or measure with --precision float64 when the smallest eigenvalues lie near the rounding floor.",
};

const section = (instrument: string, title: string, products: number) =>
  ({
    instrument,
    title,
    status: "measured",
    reason: null,
    fault: null,
    products,
    readings: null,
    figures: null,
    ...text,
  }) as const;

/** A profile of a small ReLU classifier with made-up but plausible numbers, for tests of what is written about one. */
export const sampleProfile: Profile = {
  schema: "thalweg/profile@1",
  thalweg: "0.1.0",
  createdAt: "2025-11-20T09:30:00.000Z",
  command: ["profile", "digits mlp.onnx", "--data", "digits", "--params", "*"],
  config: { loss: "cross-entropy", batchSize: 599, seed: 7 },
  seed: 7,
  model: {
    path: "models/digits-mlp.onnx",
    sha256: "3b7c1f9e2a4d5c6b7a8990817263544536271809fedcba98765432100123abcd",
    externalData: null,
    weights: null,
    parameters: 4810,
    tensors: TENSORS.map((name) => ({ name, label: null, shape: [8], parameters: 8 })),
    heldConstant: { tensors: 1, parameters: 64, names: ["positions"], flag: "--params '*,positions'" },
  },
  data: { path: "digits", sha256: "aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44", examples: 1797 },
  loss: {
    name: "cross-entropy",
    title: "Cross-entropy",
    formula: String.raw`-\log \frac{e^{z_y}}{\sum_k e^{z_k}}`,
    reduction: "mean",
    terms: 1797,
    l2: 0,
    guessed: true,
  },
  precision: "float32",
  runtime: { engine: "onnxruntime-node 1.30.0", device: "cpu", threads: 2, platform: "linux x64", seconds: 12.4 },
  checks: [
    {
      name: "gradient",
      title: "Gradient against differences",
      passed: true,
      measured: 3.1e-6,
      limit: 1e-3,
      detail: "∇L·u against (L(θ+hu) − L(θ−hu))/2h along one random direction.",
    },
    {
      name: "symmetry",
      title: "Symmetry of the Hessian",
      passed: true,
      measured: 8.2e-8,
      limit: 1e-4,
      detail: "⟨u, Hv⟩ against ⟨Hu, v⟩ for two random directions.",
    },
    {
      name: "linearity",
      title: "Linearity",
      passed: true,
      measured: 1.9e-7,
      limit: 1e-4,
      detail: "H(2u + v) against 2Hu + Hv.",
    },
    {
      name: "determinism",
      title: "Two passes agree",
      passed: true,
      measured: 0,
      limit: 0,
      detail: "The same product computed twice, bit by bit.",
    },
  ],
  sections: null,
  warnings: ["3 of 1797 examples lie within rounding of a ReLU kink: their second derivative is that of one side."],
  result: resultWith({
    loss: 0.06214,
    lossRounding: null,
    accuracy: 0.9844,
    gradientNorm: 0.0183,
    gradient: {
      norm: 0.0183,
      perExample: 0.041,
      noiseFloor: 0.0105,
      relativeToNoise: 1.74,
      rounding: 1e-8,
      evidence: { excess: 4.3, resolved: true, fitted: false, longest: 0.019 },
      topSubspaceShare: 0.63,
      topSubspaceDimension: 10,
      newtonDecrement: 2.1e-5,
      tensors: TENSORS.map((name, i) => ({ name, norm: 0.012 / (1 + i) })),
    },
    hessian: {
      top: pairs(TOP),
      bottom: pairs(BOTTOM),
      multiplicity: { checked: true, found: 1, missProbability: 1e-6, margin: 0.8 },
      eigenvalueProducts: 86,
      eigenvalueMethod: "thick-restart Lanczos, full reorthogonalisation",
      eigenvaluesConverged: true,
      trace: estimated(214.6, 3.1, 120, "XTrace"),
      frobenius: estimated(71.3, 0.8, 60, "Hutchinson"),
      density: {
        method: "stochastic Lanczos quadrature",
        products: 640,
        probes: 8,
        steps: 80,
        width: WIDTH,
        grid,
        density,
        lower: density.map((value) => value * 0.78),
        upper: density.map((value) => value * 1.28),
        confidence: 0.95,
        exact: false,
        nodes: [{ value: 0, weight: 1 }],
        eigenvalues: null,
        converged: true,
      },
      negativeShare: {
        ...estimated(0.31, 0.02, 640, "stochastic Lanczos quadrature"),
        threshold: 1e-5,
        zeroShare: 0.12,
        zeroInterval: { lower: 0.1, upper: 0.15, confidence: 0.95 },
        negative: null,
      },
      roundoff: null,
      descent: null,
      descentRounding: null,
      gradientResolution: null,
      negativeDepth: 0.0218,
      effectiveRank: { frobenius: 2.9, frobeniusError: 0.1, trace: 5.13 },
      condition: {
        value: 4.1e6,
        of: "positive part",
        largest: 41.83,
        smallest: 1.02e-5,
        bound: "lower bound",
        error: null,
      },
    },
    gaussNewton: { top: pairs(TOP.map((value) => value * 0.985)), trace: exact(211.2) },
    residual: { top: pairs([1.31]), bottom: pairs([-1.22]), trace: estimated(3.4, 3.2, 40, "XTrace"), share: 0.031 },
    stability: {
      sharpnessError: null,
      sharpness: 41.83,
      limits: [
        {
          method: "Gradient descent",
          formula: String.raw`\eta < \frac{2}{\lambda_{\max}}`,
          stepSize: 0.0478,
          note: "full batch, no momentum",
        },
        {
          method: "Heavy ball, β = 0.9",
          formula: String.raw`\eta < \frac{2(1+\beta)}{\lambda_{\max}}`,
          stepSize: 0.0908,
          note: "full batch",
        },
      ],
      step: { stepSize: 0.1, relative: 2.09 },
    },
    noise: {
      method: "per-example gradients",
      trace: exact(0.198),
      top: pairs([0.0412, 0.031, 0.022, 0.0171, 0.0122]),
      criticalBatchSize: {
        value: 591,
        standardError: 121,
        interval: { lower: 354, upper: 828, confidence: 0.95 },
        population: 880,
        sample: 591,
        about: "population",
      },
      noCriticalBatchSize: null,
      effectiveDirections: 4.8,
      alignment: {
        cosine: {
          value: 0.92,
          standardError: 0.01,
          products: 60,
          interval: { lower: 0.9, upper: 0.94, confidence: 0.95 },
        },
        curvatureAlongNoise: 19.2,
        curvatureAlongNoiseError: 0.3,
        subspaceOverlap: 0.88,
        subspaceDimension: 5,
      },
      norms: {
        array: { array: "noise.norms", dtype: "float64", shape: [1797] },
        median: 0.004,
        largest: 7.9,
        shareOfTopTenth: 0.97,
      },
    },
    flatness: {
      measures: [
        {
          name: "sharpness",
          title: "λmax",
          value: 41.83,
          standardError: null,
          error: 0.02,
          bound: "value",
          definition: "Largest eigenvalue of H.",
          predicted: null,
          converged: true,
        },
        {
          name: "sam",
          title: "SAM, ρ = 0.05",
          value: 0.071,
          standardError: null,
          error: null,
          bound: "lower bound",
          definition: "max over ‖ε‖ ≤ ρ of L(θ+ε) − L(θ).",
          predicted: 0.0532,
          converged: true,
        },
        {
          name: "adaptive",
          title: "adaptive sharpness",
          value: 0.0221,
          standardError: null,
          error: null,
          bound: "lower bound",
          definition: "SAM in coordinates divided by |θ|.",
          predicted: 0.02,
          converged: true,
        },
        {
          name: "relative",
          title: "relative flatness",
          value: 12.2,
          standardError: 0.4,
          error: 0.4,
          bound: "value",
          definition: "Petzka et al. 2021.",
          predicted: null,
          converged: true,
        },
      ],
      rescalings: [0.1, 10].flatMap((factor) =>
        ["fc1 → fc2", "fc2 → head"].map((symmetry, i) => ({
          symmetry,
          factor,
          lossChange: 2e-8,
          values: [
            { name: "sharpness", value: 1, error: 0.01, ratio: factor > 1 ? 61 + i * 30 : 14 - i * 6, ratioError: 0.5 },
            { name: "sam", value: 1, error: null, ratio: factor > 1 ? 12 : 5.5 - i, ratioError: null },
            { name: "adaptive", value: 1, error: null, ratio: 1 + (i - 0.5) * 0.02, ratioError: null },
            { name: "relative", value: 1, error: 0.01, ratio: 1, ratioError: 0.01 },
          ],
        })),
      ),
      invariant: ["adaptive", "relative"],
    },
    symmetries: {
      found: [
        {
          kind: "rescaling",
          title: "Rescaling of ReLU units fc1 → fc2",
          tensors: ["fc1.weight", "fc1.bias", "fc2.weight"],
          continuous: true,
          count: 48,
          verified: true,
          lossChange: 1.2e-8,
          gradientAlongTangent: 3e-7,
          curvatureAlongTangent: 4.4e-4,
          identityError: 3e-7,
        },
      ],
      flatDirections: 48,
      flatDirectionsAreBound: null,
    },
    layers: ["fc1", "fc2", "head"].map((name, i) => ({
      name,
      tensors: [`${name}.weight`, `${name}.bias`],
      parameters: [3120, 1200, 490][i],
      trace: estimated([92.1, 61.4, 61.1][i], [2.4, 1.9, 0.9][i], 40, "XTrace"),
      meanCurvature: [0.0295, 0.0512, 0.1247][i],
      top: { value: [24.2, 17.7, 21.1][i], residual: 2e-6 },
      topMissProbability: 0,
      gradientNorm: 0.01,
      weightNorm: [11.2, 8.4, 6.1][i],
    })),
    attribution: TOP.slice(0, 5).map((eigenvalue, index) => ({
      index,
      eigenvalue,
      vector: { array: `attribution.${index}`, dtype: "float32", shape: [4810] },
      tensors: TENSORS.map((name, i) => ({ name, share: [0.42, 0.03, 0.25, 0.02, 0.26, 0.02][(i + 2 * index) % 6] })),
      effectiveParameters: 412 - 31 * index,
      gradientCosine: 0.4 - 0.11 * index,
      classes: Array.from({ length: 10 }, (_, label) => ({
        class: label,
        cosine: Math.sin(1.7 * label + 2.3 * index) * 0.9,
        outputChange: 1 + Math.cos(label + index) ** 2,
      })),
    })),
    units: [
      {
        name: "relu1",
        activation: "Relu",
        units: 48,
        applications: 1,
        dead: 3,
        alwaysActive: 5,
        saturated: null,
        constant: 3,
        duplicates: 1,
        meanActiveShare: 0.44,
        statistics: { array: "units.relu1", dtype: "float64", shape: [48, 4] },
      },
      {
        name: "relu2",
        activation: "Relu",
        units: 24,
        applications: 1,
        dead: 1,
        alwaysActive: 0,
        saturated: null,
        constant: 1,
        duplicates: 0,
        meanActiveShare: 0.51,
        statistics: { array: "units.relu2", dtype: "float64", shape: [24, 4] },
      },
    ],
    lines: [line("top", TOP[0], -0.004, 0.054, 0.31), line("bottom", BOTTOM[0], -0.002, 0.36, 0.04)],
    verdicts: [
      {
        instrument: "eigenvalues",
        level: "note",
        text: "λmax is 41.83, so plain gradient descent needs a step size below 0.0478.",
      },
      {
        instrument: "units",
        level: "warn",
        text: "4 of 72 units are dead: they are 0 on every example and learn nothing.",
      },
      { instrument: "gradient", level: "pass", text: "The gradient is 1.7 times its sampling noise." },
    ],
    sections: [
      section("loss", "Loss and accuracy", 0),
      section("gradient", "Gradient", 2),
      section("eigenvalues", "Extreme eigenvalues of the Hessian", 86),
      section("trace", "Trace and Frobenius norm", 180),
      section("spectrum", "Spectral density of the Hessian", 640),
      section("gauss-newton", "Gauss–Newton matrix", 120),
      section("residual", "Residual part H − G", 80),
      section("stability", "Largest stable step sizes", 0),
      section("lines", "The loss along the extreme directions", 0),
      section("noise", "Gradient noise", 30),
      section("flatness", "Flatness", 110),
      section("symmetries", "Symmetries", 4),
      section("layers", "Layers", 160),
      section("attribution", "Attribution", 40),
      section("units", "Units", 1),
    ],
    converged: true,
    products: 1393,
  }),
};
