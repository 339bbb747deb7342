/** What a comparison found at one point, by number of the tensor. */
export interface Trial {
  /** Tensors that are right here, to this error as a part of their size. */
  readonly right: Map<number, number>;
  readonly wrong: Map<number, number>;
  /** Tensors about which the comparison decides nothing here. */
  readonly open: Set<number>;
  /** Tensors that are wrong where the function is smooth, so that no other point can excuse it. */
  readonly smooth: Set<number>;
  /** How many directions were tried. */
  readonly directions: number;
  /** The largest error that is right. */
  readonly limit: number;
}

export function newTrial(limit: number, directions: number): Trial {
  return { right: new Map(), wrong: new Map(), open: new Set(), smooth: new Set(), directions, limit };
}

/** What one kind of comparison found at all points: a tensor that was right where it could be decided is right. */
export class Ledger {
  readonly right = new Map<number, number>();
  readonly wrong = new Map<number, number>();
  readonly suspects = new Set<number>();
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  add({ right, wrong, open, smooth }: Trial): void {
    for (const [number, off] of wrong) this.wrong.set(number, Math.max(off, this.wrong.get(number) ?? 0));
    for (const number of [...wrong.keys(), ...open]) if (!this.right.has(number)) this.suspects.add(number);
    for (const [number, off] of right) {
      this.right.set(number, off);
      this.suspects.delete(number);
    }
    for (const number of smooth) this.right.delete(number);
  }

  /** Tensors that were wrong and never right. */
  get failing(): number[] {
    return [...this.wrong.keys()].filter((number) => !this.right.has(number));
  }

  /** The largest error of those that fail, or of those that are right where none does. */
  get worst(): number {
    const { failing } = this;
    return Math.max(
      0,
      ...(failing.length > 0 ? failing.map((number) => this.wrong.get(number) ?? 0) : this.right.values()),
    );
  }
}
