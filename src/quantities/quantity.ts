import type { z } from "zod";
import type { Work } from "../problem/work.ts";
import { keptBy } from "../util/kept-by.ts";
import { Bill } from "./account.ts";
import type { Computed, Desk } from "./desk.ts";
import type { Memory } from "./memory.ts";
import type { Setting } from "./setting.ts";

/** Something that several measurements need at a point: computed once, with its cost and what it needs in turn. */
export interface Quantity<T = unknown, Parameters extends z.ZodObject = z.ZodObject> extends Computed<T> {
  /** What it owns: each has a default and a description, and is a flag of whatever needs the quantity. */
  readonly parameters: Parameters;
  /** Everything that it may ask for. */
  readonly needs: readonly Need[];
  /** Products of its own, expected. */
  cost(setting: Setting): number;
  /** What it takes besides these products, expected. */
  besides(setting: Setting): Work;
  /** Its large arrays, expected. */
  bytes(setting: Setting): Memory;
}

/** A quantity that is needed, in those settings at least in which `when` holds. */
export interface Need {
  readonly quantity: Quantity;
  when(setting: Setting): boolean;
}

/** Needs as they are declared: a quantity stands for itself, whatever the setting. */
export type Needs = readonly (Quantity | Need)[];

interface Definition<T, Parameters extends z.ZodObject> {
  /** For plans and progress; unique. */
  readonly name: string;
  readonly parameters: Parameters;
  readonly needs?: Needs;
  /** Products besides those of what it needs; none when absent. */
  cost?(setting: Setting, parameters: z.output<Parameters>): number;
  /** What it takes besides products in the arithmetic of the problem; nothing when absent. */
  besides?(setting: Setting, parameters: z.output<Parameters>): Work;
  /** Its large arrays: whatever grows with the square of the parameters, or holds many vectors of them; none when absent. */
  bytes?(setting: Setting, parameters: z.output<Parameters>): Partial<Memory>;
  compute(desk: Desk, parameters: z.output<Parameters>): Promise<T>;
}

/**
 * Declares a quantity; to declare it is all that it takes: plans, flags and desks know it through what needs it.
 *
 * @example
 * const gradientNorm = defineQuantity({
 *   name: "length of the gradient",
 *   parameters: z.object({}),
 *   needs: [lossGradient],
 *   compute: async (desk) => norm2(await desk.get(lossGradient)),
 * });
 */
export function defineQuantity<T, Parameters extends z.ZodObject>({
  name,
  parameters,
  needs: declared = [],
  cost,
  besides,
  bytes,
  compute,
}: Definition<T, Parameters>): Quantity<T, Parameters> {
  const needs = needsOf(declared);
  const allowed = { name, needs: quantitiesIn(needs) };
  const kept = keptBy<{ readonly value: Promise<T>; readonly bill: Bill }>();
  const entryAt = (desk: Desk) =>
    kept(desk.sheet, () => {
      const bill = new Bill();
      return {
        bill,
        value: compute(desk.of(bill, allowed), desk.parametersOf({ parameters })),
      };
    });
  const quantity: Quantity<T, Parameters> = {
    name,
    parameters,
    needs,
    isMadeOf: (other, setting) =>
      other === quantity || needs.some((need) => need.when(setting) && need.quantity.isMadeOf(other, setting)),
    cost: (setting) => cost?.(setting, setting.parametersOf({ parameters })) ?? 0,
    besides: (setting) => besides?.(setting, setting.parametersOf({ parameters })) ?? {},
    bytes: (setting) => ({ working: 0, kept: 0, ...bytes?.(setting, setting.parametersOf({ parameters })) }),
    on: async (desk) => {
      const entry = entryAt(desk);
      try {
        return await entry.value;
      } finally {
        desk.account.include(entry.bill);
      }
    },
    begin: (desk) => entryAt(desk).value,
  };
  return quantity;
}

export function needsOf(declared: Needs): readonly Need[] {
  return declared.map((need) => ("quantity" in need ? need : { quantity: need, when: () => true }));
}

export function quantitiesIn(needs: readonly Need[]): ReadonlySet<Quantity> {
  return new Set(needs.map(({ quantity }) => quantity));
}

/** A quantity that is needed only where a condition holds, so that plans do not count it elsewhere. */
export function onlyIf(when: (setting: Setting) => boolean, quantity: Quantity): Need {
  return { quantity, when };
}
