import { countProducts } from "../estimators/products.ts";
import { denseMatrixInTime, matrixRounding } from "../estimators/exact-spectrum.ts";
import { exactEstimate, type Estimate } from "../estimators/estimate.ts";
import { denseEnds, prefersMatrix } from "../estimators/dense-extremes.ts";
import { estimateTrace } from "../estimators/trace.ts";
import { withWiderResiduals } from "../estimators/prove-pairs.ts";
import { extremalEigenpairs, type ExtremalResult } from "../estimators/extremal-eigenpairs.ts";
import { symmetricSpectrum, type SymmetricSpectrum } from "../linalg/symmetric-eigen.ts";
import { dot, norm2 } from "../linalg/vector.ts";
import { scaleOperator, sumOperator } from "../operators/combinators.ts";
import type { LinearOperator, ProductRounding } from "../operators/linear-operator.ts";
import { empiricalFisherProduct, gaussNewtonProduct, hessianProduct } from "../problem/derivatives.ts";
import type { LossValue, Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import { NamedArrays } from "../result/named-arrays.ts";
import type { RunContext } from "../util/run-context.ts";
import { inSteps } from "../util/in-steps.ts";
import { lazily } from "../util/lazily.ts";
import { together } from "../util/together.ts";
import { alignmentOf, type Alignment } from "./noise/alignment.ts";
import type { GradientSample } from "./noise/gradient-sample.ts";
import { pointRounding, type GradientRounding } from "./point-rounding.ts";
import { hasFewOutputs, traceByOutputs } from "./trace-by-outputs.ts";
import { matrixOf, noiseCovarianceOf, withOwnRounding } from "./wider-matrices.ts";

/** What several instruments need, and how far it goes. */
export interface SharedSettings {
  readonly top: number;
  readonly bottom: number;
  readonly tolerance: number | undefined;
  /** Relative half-width of the intervals of traces. */
  readonly traceTolerance: number;
  /** Largest dimension for which the whole spectrum is computed. */
  readonly exactLimit: number;
  /** Eigenpairs of the gradient noise. */
  readonly noiseTop: number;
  /** Probes for its size and its alignment with H. */
  readonly noiseProbes: number;
  /** Whether tr H is going to be asked for. */
  readonly wantsTrace?: boolean;
  /** Whether the whole matrix is going to be computed where it is small. */
  readonly wantsMatrix?: boolean;
  /** Whether tr G takes no product. */
  readonly hasFewOutputs?: boolean;
}

/** The whole spectrum of H, and the matrix. */
export interface DenseHessian {
  readonly matrix: Float64Array;
  readonly spectrum: SymmetricSpectrum;
  /** Ascending. */
  readonly values: Float64Array;
  readonly asymmetry: number;
  /** What rounding of the products may add to the trace, to the Frobenius norm, and to an eigenvalue (`norm`). */
  readonly rounding: ProductRounding;
  readonly products: number;
}

/** ‖gᵢ‖² of every example that has a term in the loss, gᵢ scaled so that the gradient of the data's loss is their mean. */
export interface ExampleNorms {
  readonly squares: Float64Array;
  /** gᵢᵀḡ, ḡ their mean. */
  readonly alongMean: Float64Array;
  /** gᵢᵀ∇L, which differs by the L2 term. */
  readonly alongGradient: Float64Array;
}

/** tr Σ from the examples' gradients: their mean square less ‖g‖². */
export interface NoiseTrace {
  /** (1/n) Σ ‖gᵢ‖². */
  readonly meanSquare: number;
  /** 0 where all gradients agree up to rounding. */
  readonly value: number;
  /** What the cancellation of the two leaves to rounding. */
  readonly rounding: number;
}

/**
 * One profile of one problem: operators that count their products, and what several instruments need,
 * computed on first use and kept.
 */
export class Measurement {
  readonly problem: Problem;
  /** Where it is measured. */
  readonly point: Point;
  readonly random: RandomStream;
  readonly context: RunContext;
  readonly arrays = new NamedArrays();
  readonly settings: SharedSettings;
  readonly confidence = 0.95;

  readonly hessian: LinearOperator;
  readonly gaussNewton: LinearOperator;
  /** H − G: the curvature that comes from the network, weighted by the residuals. */
  readonly residual: LinearOperator;
  /** Σ = (1/n) Σ gᵢgᵢᵀ − ggᵀ, without the L2 term. */
  readonly noiseCovariance: LinearOperator;

  readonly value: () => Promise<LossValue>;
  /** ∇L, with the L2 term. */
  readonly gradient: () => Promise<Float64Array>;
  /** ∇L without the L2 term: the mean of the examples' gradients. */
  readonly dataGradient: () => Promise<Float64Array>;
  /** The extreme eigenpairs of H, with vectors; from the matrix where so many are wanted that it is cheaper. */
  readonly extremes: () => Promise<ExtremalResult>;
  /**
   * Both ends of `extremes` with their vectors, each pair once: in a small dimension the ends overlap; those
   * only whose residual is no larger than that.
   */
  readonly knownPairs: (residual?: number) => Promise<{ readonly value: number; readonly vector: Float64Array }[]>;
  /** H as a matrix; undefined where the dimension is too large for it. */
  readonly dense: () => Promise<DenseHessian | undefined>;
  /** tr H and tr G: exact where the dimension is within the limit for it. */
  readonly hessianTrace: () => Promise<Estimate>;
  readonly gaussNewtonTrace: () => Promise<Estimate>;
  /** ‖gᵢ‖² for every example. */
  readonly exampleNorms: () => Promise<ExampleNorms>;
  readonly gradientRounding: () => Promise<GradientRounding>;
  /** What rounding leaves of the mean of gᵢᵀg less ‖g‖². */
  readonly meanRounding: () => Promise<number>;
  /** What rounding leaves of the loss. */
  readonly lossRounding: () => Promise<number>;
  readonly noiseTrace: () => Promise<NoiseTrace>;
  readonly noiseExtremes: () => Promise<ExtremalResult>;
  /** How Σ lies to H; undefined where there is no noise. */
  readonly noiseAlignment: () => Promise<(Alignment & { readonly products: number }) | undefined>;
  /** What the examples say of ∇L over the population they were drawn from; undefined where there is no noise. */
  readonly gradientSample: () => Promise<GradientSample | undefined>;
  private productCount = 0;
  private contributingExamples: Int32Array | undefined;

  constructor(
    problem: Problem,
    random: RandomStream,
    context: RunContext,
    settings: SharedSettings,
    point = problem.point,
  ) {
    this.problem = problem;
    this.point = point;
    this.random = random;
    this.context = context;
    this.settings = settings;
    this.hessian = this.counted(matrixOf(this, hessianProduct, "the Hessian"));
    this.gaussNewton = this.counted(matrixOf(this, gaussNewtonProduct, "the Gauss–Newton matrix"));
    this.residual = withOwnRounding(
      { ...sumOperator([this.hessian, scaleOperator(this.gaussNewton, -1)]), name: "H − G" },
      random.split("rounding of H − G"),
    );
    this.value = lazily(() => point.value(context));
    this.gradient = lazily(() => point.gradient(context));
    const withoutL2 = (gradient: Float64Array) => {
      const theta = point.parameters;
      return gradient.map((x, i) => x - problem.options.l2 * theta[i]);
    };
    this.dataGradient = lazily(async () => withoutL2(await this.gradient()));
    const rounding = pointRounding(this, {
      loss: async () => (await this.value()).loss,
      gradient: this.gradient,
      exampleNorms: () => this.exampleNorms(),
      scaled: (values, power) => this.ofContributing(values, this.exampleScale ** power),
      withoutL2,
    });
    this.lossRounding = rounding.loss;
    this.gradientRounding = rounding.gradient;
    this.meanRounding = rounding.mean;
    this.noiseCovariance = noiseCovarianceOf(
      this.counted(matrixOf(this, empiricalFisherProduct, "the empirical Fisher matrix")),
      (point.examples / this.examples) * this.exampleScale ** 2,
      { narrow: this.dataGradient, wide: async () => (await rounding.wide())?.mean ?? this.dataGradient() },
      random.split("rounding of the noise"),
    );
    this.extremes = lazily(async () => {
      const ends = { largest: settings.top, smallest: settings.bottom };
      const prefers = prefersMatrix(problem.space.dimension, settings.top + settings.bottom);
      // Where time is short, the ends of the spectrum are worth more than the whole of it, and come first.
      const dense = prefers || (settings.wantsMatrix && !context.hasBudget) ? await this.dense() : undefined;
      if (dense) {
        const found = await denseEnds(this.hessian, dense, ends, this.stage("Hessian eigenvectors"));
        return withWiderResiduals(this.hessian, found);
      }
      const searching = extremalEigenpairs(
        this.hessian,
        { ...ends, tolerance: settings.tolerance, vectors: true },
        random.split("extremes"),
        this.stage("Hessian eigenvalues"),
      );
      // A Krylov space asks for one product after the other; where the engine takes several, the trace fills the pauses.
      const isSampled = settings.wantsTrace && problem.space.dimension > settings.exactLimit;
      // The whole matrix was wanted and is not there.
      if (prefers && problem.space.dimension <= settings.exactLimit)
        return { ...(await searching), reason: "The time was up before the whole matrix was taken apart." };
      if (!isSampled || (this.hessian.atOnce ?? 1) === 1 || context.hasBudget) return searching;
      const [extremes] = await together(searching, sampledTrace());
      return extremes;
    });
    this.knownPairs = async (most = Number.POSITIVE_INFINITY) => {
      const { top, bottom } = await this.extremes();
      const apart = bottom.slice(0, problem.space.dimension - top.length);
      return [...top, ...apart].flatMap(({ value, residual, vector }) =>
        vector && residual <= most ? [{ value, vector }] : [],
      );
    };
    this.dense = lazily(async () => {
      if (problem.space.dimension > settings.exactLimit) return undefined;
      const products = countProducts(this.hessian, context);
      const found = await denseMatrixInTime(products, "Hessian matrix");
      if (!found) return undefined;
      const { matrix, asymmetry } = found;
      const spectrum = await inSteps(symmetricSpectrum(matrix, problem.space.dimension), context, (share) =>
        context.progress?.({ stage: "Hessian eigenvalues", done: Math.round(100 * share), total: 100 }),
      );
      if (!spectrum) return undefined;
      const { values } = spectrum;
      const scale = Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));
      return {
        matrix,
        asymmetry,
        spectrum,
        values,
        rounding: {
          norm: Math.max(products.rounding("norm", scale), (16 * asymmetry * norm2(values)) / Math.sqrt(values.length)),
          frobenius: matrixRounding(products, "frobenius", matrix, asymmetry),
          trace: matrixRounding(products, "trace", matrix, asymmetry),
        },
        products: products.count(),
      };
    });
    const traceOptions = { tolerance: settings.traceTolerance, confidence: this.confidence } as const;
    const sampledTrace = lazily(() =>
      estimateTrace(
        matrixOf(this, hessianProduct, "the Hessian"),
        traceOptions,
        random.split("trace"),
        this.stage("Hessian trace"),
      ),
    );
    this.hessianTrace = lazily(async () => {
      const dense = await this.dense();
      if (!dense) {
        const estimate = await sampledTrace();
        // Counted for whoever asks first, also where the sampling went on beside something else.
        this.productCount += estimate.products;
        return estimate;
      }
      const trace = dense.values.reduce((sum, x) => sum + x, 0);
      return exactEstimate(
        trace,
        dense.rounding.trace,
        dense.products,
        "exact, from the whole matrix",
        this.confidence,
      );
    });
    this.gaussNewtonTrace = lazily(async () => {
      const context = this.stage("Gauss–Newton trace");
      if (hasFewOutputs(problem, settings.exactLimit)) {
        const { value, rounding = 0, products, method } = await traceByOutputs(problem, this.confidence, context);
        // Made in another way, but of the same factors as the products.
        const measured = (await this.gaussNewton.wider?.rounding())?.trace ?? 0;
        return exactEstimate(value, Math.max(rounding, measured), products, method, this.confidence);
      }
      const method = problem.space.dimension > settings.exactLimit ? "auto" : "exact";
      return estimateTrace(this.gaussNewton, { ...traceOptions, method }, random.split("gauss-newton trace"), context);
    });
    this.exampleNorms = lazily(async () => {
      const scale = this.exampleScale;
      const gradient = await this.gradient();
      const mean = await this.dataGradient();
      const take = this.ofContributing.bind(this);
      const squares = take(await point.exampleGradientSquares(context), scale * scale);
      const alongMean = take(await point.exampleDerivatives(mean, context), scale);
      const alongGradient =
        problem.options.l2 === 0 ? alongMean : take(await point.exampleDerivatives(gradient, context), scale);
      return { squares, alongMean, alongGradient };
    });
    this.noiseTrace = lazily(async () => {
      const { squares } = await this.exampleNorms();
      const gradient = await this.dataGradient();
      const meanSquare = squares.reduce((sum, x) => sum + x, 0) / squares.length;
      const value = meanSquare - dot(gradient, gradient);
      const left = await rounding.noiseTrace(meanSquare, value);
      // What is called 0 may be as much as was found, and what rounding leaves of that.
      return value > left
        ? { meanSquare, value, rounding: left }
        : { meanSquare, value: 0, rounding: left + Math.max(0, value) };
    });
    this.noiseExtremes = lazily(async () => {
      const { meanSquare } = await this.noiseTrace();
      const found = await extremalEigenpairs(
        this.noiseCovariance,
        {
          largest: settings.noiseTop,
          vectors: true,
          tolerance: settings.tolerance,
          // Σ is the empirical Fisher matrix less ggᵀ, and its products are rounded as theirs are.
          roundingScale: meanSquare,
        },
        random.split("noise extremes"),
        this.stage("gradient noise"),
      );
      // The residual of a product in float64 says it all.
      if (this.noiseCovariance.wider) return found;
      const { example } = await this.gradientRounding();
      return {
        ...found,
        top: found.top.map((pair) => ({
          ...pair,
          residual: pair.residual + example * (example + 2 * Math.sqrt(Math.max(0, pair.value))),
        })),
      };
    });
    this.noiseAlignment = lazily(async () => {
      if ((await this.noiseTrace()).value === 0) return undefined;
      const before = this.productCount;
      const leading = [...(await this.noiseExtremes()).top, ...(await this.extremes()).top];
      const found = await alignmentOf(
        this.noiseCovariance,
        this.hessian,
        leading.flatMap(({ vector }) => vector ?? []),
        settings.noiseProbes,
        random.split("alignment"),
        this.confidence,
      );
      return { ...found, products: this.productCount - before };
    });
    this.gradientSample = lazily(async () => {
      const alignment = await this.noiseAlignment();
      if (!alignment) return undefined;
      const { squares, alongMean, alongGradient } = await this.exampleNorms();
      const mean = await this.dataGradient();
      const gradient = await this.gradient();
      const { top } = await this.noiseExtremes();
      const n = squares.length;
      const unbiased = n / (n - 1);
      const ofMean = dot(mean, mean);
      const alongMeanOfAll = dot(mean, gradient);
      return {
        deviations: squares.map((square, i) => Math.max(0, square - 2 * alongMean[i] + ofMean)),
        along: alongGradient.map((x) => x - alongMeanOfAll),
        meanSquare: dot(gradient, gradient),
        top: top.map(({ value }) => unbiased * value),
        traceOfSquare: unbiased ** 2 * alignment.square,
        dimension: problem.space.dimension,
        rounding: (await this.gradientRounding()).gradient,
        traceRounding: (await this.noiseTrace()).rounding,
      };
    });
  }

  /** The same measurements elsewhere, from the same random numbers. */
  at(point: Point): Measurement {
    return new Measurement(this.problem, this.random, this.context, this.settings, point);
  }

  /** Products taken so far. */
  get products(): number {
    return this.productCount;
  }

  /** The examples that have a term in the loss; the others are none. */
  get contributing(): Int32Array {
    return (this.contributingExamples ??= this.point.sample.contributing());
  }

  get examples(): number {
    return this.contributing.length;
  }

  /** gᵢ of an example is this times the gradient of its own undivided loss: the mean of the gᵢ is then that of the data's loss. */
  get exampleScale(): number {
    return this.examples / this.point.sample.divisor;
  }

  get outOfTime(): boolean {
    return this.context.outOfTime?.() ?? false;
  }

  /** Unit roundoff of the arithmetic. */
  get roundoff(): number {
    return this.problem.options.precision === "float32" ? 2 ** -24 : 2 ** -53;
  }

  /** The context with every progress event under one name. */
  stage(name: string): RunContext {
    const { progress } = this.context;
    return progress ? { ...this.context, progress: (event) => progress({ ...event, stage: name }) } : this.context;
  }

  /** Values of the examples that have a term in the loss, times a factor. */
  private ofContributing(values: Float64Array, factor: number): Float64Array {
    return Float64Array.from(this.contributing, (i) => factor * values[i]);
  }

  private counted(operator: LinearOperator): LinearOperator {
    return {
      ...operator,
      diagonalBlock: () => {
        const block = operator.diagonalBlock?.();
        return (
          block && {
            ...block,
            compute: () => {
              this.productCount += block.products;
              return block.compute();
            },
          }
        );
      },
      apply: (block) => {
        this.productCount += block.length;
        return operator.apply(block);
      },
    };
  }
}
