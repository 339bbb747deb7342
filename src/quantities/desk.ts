import type { z } from "zod";
import type { LinearOperator } from "../operators/linear-operator.ts";
import type { Point } from "../problem/point.ts";
import type { Problem } from "../problem/problem.ts";
import type { RandomStream } from "../random/random-stream.ts";
import type { Check } from "../result/envelope.ts";
import type { NamedArrays } from "../result/named-arrays.ts";
import type { RunContext } from "../util/run-context.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { Account, type Book } from "./account.ts";
import type { Setting } from "./setting.ts";

/** What a desk computes: a quantity. */
export interface Computed<T> {
  readonly name: string;
  /** What it is at the desk's point; computed when it is first asked for there. */
  on(desk: Desk): Promise<T>;
  /** Begins to compute it; what that takes is counted for whoever asks for it. */
  begin(desk: Desk): Promise<unknown>;
  /** Whether that quantity is needed for it in a setting, at once or by the way. */
  isMadeOf(quantity: object, setting: Setting): boolean;
}

/** A matrix that only multiplies, at the point of a desk. */
export interface Multiplied {
  on(desk: Desk): LinearOperator;
}

/** Where something is measured, and what from. */
interface Place {
  readonly point: Point;
  /** To be split by a label of one's own. */
  readonly random: RandomStream;
  readonly context: RunContext;
  /** What has been computed at the point is kept by this. */
  readonly sheet: object;
  readonly account: Book;
  /** What is certainly going to be asked for here, each after all that it is made of. */
  readonly expected: readonly Computed<unknown>[];
  /** What may be asked for; everything where it is undefined. */
  readonly declared?: Declared;
}

/** Who asks, and what for: what is not declared is in no plan. */
interface Declared {
  readonly name: string;
  readonly needs: ReadonlySet<object>;
}

/**
 * Where one point is measured: it gives every {@link Computed | quantity} and operator there, each computed once however
 * many ask for it, one after the other or side by side, and counts products for whoever takes them. Desks of different
 * accounts share what is known of their point.
 *
 * @example
 * const { top } = await desk.get(hessianExtremes);
 * desk.products; // what that took; 0 where another had asked for it before
 */
export class Desk implements Setting {
  readonly confidence = 0.95;
  private readonly setting: Setting;
  private readonly place: Place;

  private constructor(setting: Setting, place: Place) {
    this.setting = setting;
    this.place = place;
  }

  /**
   * A desk at the problem's own point.
   *
   * @param expected what is certainly going to be asked for, each after all that it is made of
   */
  static open(
    setting: Setting,
    random: RandomStream,
    context: RunContext,
    expected: readonly Computed<unknown>[] = [],
  ): Desk {
    const { point } = setting.problem;
    return new Desk(setting, {
      point,
      random,
      context,
      sheet: {},
      account: new Account(),
      expected,
    });
  }

  /** The same at another point, of which nothing is known yet, from the same random numbers. */
  at(point: Point): Desk {
    return new Desk(this.setting, { ...this.place, point, sheet: {}, expected: [] });
  }

  /** The same for somebody with an account of their own; `declared` is all that they may ask for. */
  of(account: Book, declared = this.place.declared): Desk {
    return new Desk(this.setting, { ...this.place, account, declared });
  }

  get problem(): Problem {
    return this.setting.problem;
  }

  get hasBudget(): boolean {
    return this.setting.hasBudget;
  }

  get point(): Point {
    return this.place.point;
  }

  get random(): RandomStream {
    return this.place.random;
  }

  get context(): RunContext {
    return this.place.context;
  }

  /** Large arrays, beside the result. */
  get arrays(): NamedArrays {
    return this.account.arrays;
  }

  /** What was proven of what was computed. */
  get checks(): Check[] {
    return this.account.checks;
  }

  get sheet(): object {
    return this.place.sheet;
  }

  get account(): Book {
    return this.place.account;
  }

  /** Products counted so far for this desk's account. */
  get products(): number {
    return this.account.products;
  }

  get<T>(quantity: Computed<T>): Promise<T> {
    this.requireDeclared(quantity);
    return quantity.on(this);
  }

  /** Computes something beside what is asked for; what that takes is counted for whoever asks for it. */
  begin(quantity: Computed<unknown>): Promise<unknown> {
    return quantity.begin(this);
  }

  /**
   * Computes whatever else is expected and is not made of `waited`, one after the other, while another thread works on
   * that; then does what the caller has to do. What fails then fails for whoever asks for it. Where time is limited,
   * everything keeps its place.
   */
  async meanwhile(waited: Computed<unknown>): Promise<void> {
    if (this.hasBudget) return;
    for (const quantity of this.place.expected)
      if (!quantity.isMadeOf(waited, this)) await quantity.begin(this).catch(() => undefined);
    await this.context.meanwhile?.().catch(() => undefined);
  }

  operator(operator: Multiplied): LinearOperator {
    return operator.on(this);
  }

  wants(quantity: object): boolean {
    return this.setting.wants(quantity);
  }

  parametersOf<Parameters extends z.ZodObject>(owner: { readonly parameters: Parameters }): z.output<Parameters> {
    return this.setting.parametersOf(owner);
  }

  get outOfTime(): boolean {
    return this.context.outOfTime?.() ?? false;
  }

  /** The context with every progress event under one name. */
  stage(name: string): RunContext {
    const { progress } = this.context;
    return progress ? { ...this.context, progress: (event) => progress({ ...event, stage: name }) } : this.context;
  }

  private requireDeclared(quantity: Computed<unknown>): void {
    const { declared } = this.place;
    if (!declared || declared.needs.has(quantity)) return;
    throw new ThalwegError({
      kind: "internal",
      code: "undeclared-need",
      message: `"${declared.name}" asks for "${quantity.name}" and does not declare it, so that no plan counts it.`,
      hint: "Add it to its needs.",
    });
  }
}
