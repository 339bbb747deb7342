import type { Check } from "../result/envelope.ts";
import { NamedArrays } from "../result/named-arrays.ts";

/** Counts matrix–vector products. */
export interface Counter {
  readonly products: number;
  add(products: number): void;
}

/** What one who measures takes, and what they leave beside their result. */
export interface Book extends Counter {
  /** What was proven of what was computed. */
  readonly checks: Check[];
  /** Large arrays. */
  readonly arrays: NamedArrays;
  /** Told of what they asked for, once that is computed. */
  include(bill: Bill): void;
}

/** The book of one who measures, and of the whole that they are part of: what they take, and what is computed for them first. */
export class Account implements Book {
  readonly checks: Check[];
  readonly arrays: NamedArrays;
  private readonly whole: Book | undefined;
  private count = 0;

  constructor(whole?: Book) {
    this.whole = whole;
    this.checks = whole?.checks ?? [];
    this.arrays = whole?.arrays ?? new NamedArrays();
  }

  get products(): number {
    return this.count;
  }

  add(products: number): void {
    this.count += products;
    this.whole?.add(products);
  }

  include(bill: Bill): void {
    bill.settle(this);
  }
}

/**
 * What a computation took and left, until somebody who measures asks for it or for what is made of it: it may have begun
 * before, and nothing tells from the books when.
 */
export class Bill implements Book {
  readonly checks: Check[] = [];
  readonly arrays = new NamedArrays();
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

  /** Enters what it is made of and what is its own, as far as that was not entered yet. */
  settle(book: Pick<Book, "add" | "checks" | "arrays">): void {
    if (this.isSettled) return;
    this.isSettled = true;
    for (const part of this.parts) part.settle(book);
    book.add(this.count);
    for (const each of this.checks) book.checks.push(each);
    for (const [name, tensor] of this.arrays.entries()) book.arrays.keep(name, tensor);
  }
}
