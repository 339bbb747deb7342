import type { z } from "zod";
import { readOptions } from "../util/options.ts";
import type { Shape } from "../util/tensor.ts";
import type { Arithmetic } from "./arithmetic.ts";
import type { Block, MatrixArithmetic } from "./matrix-arithmetic.ts";
import type { StabilityLimit } from "./stability-limit.ts";
import type { Outset, Walk } from "./walk.ts";

/** One coordinate, or one tensor of them, as a step finds it. */
export interface Coordinate<T, Numbers extends string = string> {
  readonly weight: T;
  readonly gradient: T;
  /** In the order of the rule's `state`; zero before the first step. */
  readonly state: readonly T[];
  /** Of {@link CoordinateRule.numbers} at this step. */
  readonly numbers: Readonly<Record<Numbers, T>>;
}

/** What a step has left, for the preconditioner. */
export interface Preconditioned<T, Numbers extends string = string> {
  readonly state: readonly T[];
  readonly numbers: Readonly<Record<Numbers, T>>;
  /** η. */
  readonly stepSize: T;
}

/** What a step makes of it. */
export interface Updated<T> {
  readonly weight: T;
  readonly state: readonly T[];
}

/**
 * An update that treats every coordinate alike and alone. It is written once, over an {@link Arithmetic}: numbers walk on a
 * toy function, values of a graph train a network.
 *
 * @example
 * const { rule } = adam.with({ lr: 0.1 });
 * const numbers = rule.numbers(0); // of the first step
 * rule.update(numberArithmetic, { weight: 1, gradient: 2, state: rule.state.map(() => 0), numbers }).weight; // 0.9
 */
export interface CoordinateRule<Numbers extends string = string> {
  /** Names of what is kept between steps, one number for each coordinate: PyTorch's. */
  readonly state: readonly string[];
  /**
   * The numbers that a step takes from outside: step size, corrections of bias.
   *
   * @param step from 0
   * @param stepSize where a schedule gives one; the optimiser's own when absent
   */
  numbers(step: number, stepSize?: number): Readonly<Record<Numbers, number>>;
  update<T>(arithmetic: Arithmetic<T>, coordinate: Coordinate<T, Numbers>): Updated<T>;
  /**
   * D of each coordinate, by which the mean gradient is divided: θ ← θ − η D⁻¹m. Of the state behind a step and the numbers of that
   * step; absent where D = 1.
   */
  preconditioner?<T>(arithmetic: Arithmetic<T>, behind: Preconditioned<T, Numbers>): T;
}

/** What is kept of a tensor between steps. */
export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * An update of whole tensors: beside a {@link CoordinateRule}, which sees single coordinates, it may multiply matrices. It is
 * written once, over a {@link MatrixArithmetic}: blocks of numbers walk, values of a graph train a network.
 */
export interface MatrixRule<Numbers extends string = string> {
  /** What is kept of a tensor of that shape; zero before the first step. */
  state(shape: Shape): readonly StateTensor[];
  /** As {@link CoordinateRule.numbers}. */
  numbers(step: number, stepSize?: number): Readonly<Record<Numbers, number>>;
  update<T>(arithmetic: MatrixArithmetic<T>, tensor: Coordinate<T, Numbers>, shape: Shape): Updated<T>;
  /** ρ, where the gradient is that at θ + ρg/‖g‖, g being the gradient at θ with all tensors together; absent where it is g. */
  readonly uphill?: number;
  readonly between?: BetweenSteps;
  /** The rule that it is for every coordinate alone; absent where it is none. */
  readonly coordinates?: CoordinateRule;
}

/** What becomes of the state of a tensor between steps, where it takes more than products: the host does it. */
export interface BetweenSteps {
  /** Whether it is done behind a step, counted from 0. */
  isDue(step: number): boolean;
  /** The state as it is then. */
  renewed(state: readonly Block[], shape: Shape): readonly Block[];
}

/** A rule for coordinates as one for tensors. */
export function tensorRule(rule: CoordinateRule): MatrixRule {
  return {
    state: (shape) => rule.state.map((name) => ({ name, shape })),
    numbers: (step, stepSize) => rule.numbers(step, stepSize),
    update: (arithmetic, tensor) => rule.update(arithmetic, tensor),
    coordinates: rule,
  };
}

/** What an optimiser is called, does and comes from. */
interface Description<Parameters extends z.ZodObject> {
  /** Kebab-case, unique. */
  readonly name: string;
  /** As sentences call it: "heavy ball". */
  readonly title: string;
  /** Half a sentence: what it does. */
  readonly summary: string;
  /** The update in TeX. */
  readonly formula: string;
  /** Author and year. */
  readonly source: string;
  /** With the defaults of its reference implementation, PyTorch's where it has it. */
  readonly parameters: Parameters;
}

/** What an optimiser asks for that not every function has: the matrix of a sum of squares, the layers of a network. */
export type Asks = "gauss-newton" | "layers";

/** How an optimiser that is no {@link CoordinateRule} goes. */
type Going = (outset: Outset) => Walk;

interface WalkDefinition<Parameters extends z.ZodObject> extends Description<Parameters> {
  /** Whether it steps at random where there is no slope: a saddle is not its end. */
  readonly leavesSaddles?: boolean;
  readonly asks?: Asks;
  walk(options: z.output<Parameters>, outset: Outset): Walk;
}

interface CoordinateDefinition<Parameters extends z.ZodObject> extends Description<Parameters> {
  rule(options: z.output<Parameters>): CoordinateRule;
  /** Absent where no fixed step is stable or unstable by the curvature. */
  stabilityLimit?(options: z.output<Parameters>): StabilityLimit;
}

interface MatrixDefinition<Parameters extends z.ZodObject> extends Description<Parameters> {
  rule(options: z.output<Parameters>): MatrixRule;
}

/** An optimiser whose update is a {@link MatrixRule}. */
export interface MatrixOptimizer extends Description<z.ZodObject> {
  readonly asks: undefined;
  /**
   * The optimiser with its numbers; defaults for those that are not given.
   *
   * @throws ThalwegError `unknown-option`, `bad-option` of kind "usage"
   */
  with(options: object): {
    readonly matrixRule: MatrixRule;
    readonly stabilityLimit: undefined;
    readonly leavesSaddles: false;
  };
}

/** An optimiser whose update is a {@link CoordinateRule}. */
export interface CoordinateOptimizer extends Description<z.ZodObject> {
  readonly asks: undefined;
  /**
   * The optimiser with its numbers; defaults for those that are not given.
   *
   * @throws ThalwegError `unknown-option`, `bad-option` of kind "usage"
   */
  with(options: object): {
    readonly rule: CoordinateRule;
    /** Undefined where the curvature does not decide whether a fixed step is stable. */
    readonly stabilityLimit: StabilityLimit | undefined;
    readonly leavesSaddles: false;
  };
}

/** An optimiser that asks a function whatever it needs: values, gradients, products. */
export interface WalkingOptimizer extends Description<z.ZodObject> {
  /** Undefined where values, gradients and products are enough. */
  readonly asks: Asks | undefined;
  /**
   * The optimiser with its numbers; defaults for those that are not given.
   *
   * @throws ThalwegError `unknown-option`, `bad-option` of kind "usage"
   */
  with(options: object): {
    readonly walk: Going;
    readonly stabilityLimit: undefined;
    readonly leavesSaddles: boolean;
  };
}

export type Optimizer = CoordinateOptimizer | MatrixOptimizer | WalkingOptimizer;

/** Without what only the declaration needs. */
function descriptionOf<Parameters extends z.ZodObject>({
  name,
  title,
  summary,
  formula,
  source,
  parameters,
}: Description<Parameters>): Description<Parameters> {
  return { name, title, summary, formula, source, parameters };
}

/** Declares an optimiser that asks for more than a gradient, or acts on all coordinates together. */
export function defineOptimizer<Parameters extends z.ZodObject>(
  definition: WalkDefinition<Parameters>,
): WalkingOptimizer {
  return {
    ...descriptionOf(definition),
    asks: definition.asks,
    with(given) {
      const options = readOptions(definition.name, definition.parameters, given);
      return {
        walk: (outset) => definition.walk(options, outset),
        stabilityLimit: undefined,
        leavesSaddles: definition.leavesSaddles ?? false,
      };
    },
  };
}

/** Declares an optimiser that acts coordinate by coordinate. */
export function defineCoordinateOptimizer<Parameters extends z.ZodObject>(
  definition: CoordinateDefinition<Parameters>,
): CoordinateOptimizer {
  return {
    ...descriptionOf(definition),
    asks: undefined,
    with(given) {
      const options = readOptions(definition.name, definition.parameters, given);
      return {
        rule: definition.rule(options),
        stabilityLimit: definition.stabilityLimit?.(options),
        leavesSaddles: false,
      };
    },
  };
}

/** Declares an optimiser that acts tensor by tensor. */
export function defineMatrixOptimizer<Parameters extends z.ZodObject>(
  definition: MatrixDefinition<Parameters>,
): MatrixOptimizer {
  return {
    ...descriptionOf(definition),
    asks: undefined,
    with(given) {
      const options = readOptions(definition.name, definition.parameters, given);
      return { matrixRule: definition.rule(options), stabilityLimit: undefined, leavesSaddles: false };
    },
  };
}
