import { maxOf } from "../../util/extremes.ts";

/** What a comparison found at one point, by number of the tensor. */
export interface Trial {
  /** Tensors that are right here, to this error as a part of their size. */
  readonly right: Map<number, number>;
  /** Tensors that are wrong here, to this error, unless they are right at another point. */
  readonly wrong: Map<number, number>;
  /** Tensors that are wrong here, to this error, whatever they are elsewhere. */
  readonly proven: Map<number, number>;
  /** Tensors about which the comparison decides nothing here. */
  readonly open: Set<number>;
  /** How many directions were tried. */
  readonly directions: number;
  /** The largest error that is right. */
  readonly limit: number;
}

export function newTrial(limit: number, directions: number): Trial {
  return { right: new Map(), wrong: new Map(), proven: new Map(), open: new Set(), directions, limit };
}

/** Keeps the larger error of a tensor. */
export function note(errors: Map<number, number>, number: number, off: number): void {
  errors.set(number, Math.max(off, errors.get(number) ?? 0));
}

/** What one kind of comparison found at all points: a tensor that was right where it could be decided is right, unless it is proven wrong. */
export class Ledger {
  readonly right = new Map<number, number>();
  readonly suspects = new Set<number>();
  readonly limit: number;
  private readonly wrong = new Map<number, number>();
  private readonly proven = new Map<number, number>();

  constructor(limit: number) {
    this.limit = limit;
  }

  add({ right, wrong, proven, open }: Trial): void {
    for (const [number, off] of wrong) note(this.wrong, number, off);
    for (const [number, off] of proven) note(this.proven, number, off);
    for (const number of [...wrong.keys(), ...open]) if (!this.right.has(number)) this.suspects.add(number);
    for (const [number, off] of right) {
      note(this.right, number, off);
      this.suspects.delete(number);
    }
  }

  /** Tensors that were proven wrong, or wrong and never right, with their errors. */
  get failing(): [number, number][] {
    return [...this.proven, ...[...this.wrong].filter(([number]) => !this.right.has(number))];
  }

  /** The largest error of those that fail, or of those that are right where none does. */
  get worst(): number {
    const { failing, right } = this;
    return Math.max(0, maxOf(failing.length > 0 ? failing.map(([, off]) => off) : right.values()));
  }
}
