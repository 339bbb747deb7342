/** Counts matrix–vector products. */
export interface Counter {
  readonly products: number;
  add(products: number): void;
  /** Told of what it asked for, once that is computed. */
  include(bill: Bill): void;
}

/** The count of one who measures, and of the whole that they are part of: what they take, and what is computed for them first. */
export class Account implements Counter {
  private readonly whole: Counter | undefined;
  private count = 0;

  constructor(whole?: Counter) {
    this.whole = whole;
  }

  get products(): number {
    return this.count;
  }

  add(products: number): void {
    this.count += products;
    this.whole?.add(products);
  }

  include(bill: Bill): void {
    this.add(bill.settle());
  }
}

/** What a computation took, until somebody who measures asks for it or for what is made of it: it may have begun before. */
export class Bill implements Counter {
  private readonly parts: Bill[] = [];
  private count = 0;
  private isSettled = false;

  get products(): number {
    return this.count;
  }

  add(products: number): void {
    this.count += products;
  }

  include(bill: Bill): void {
    this.parts.push(bill);
  }

  /** Its products and those of what it is made of, as far as they were not counted yet. */
  settle(): number {
    if (this.isSettled) return 0;
    this.isSettled = true;
    return this.parts.reduce((sum, part) => sum + part.settle(), this.count);
  }
}
