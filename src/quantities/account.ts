/** Counts matrix–vector products for one who takes them, and for the whole that they are part of. */
export class Account {
  private readonly whole: Account | undefined;
  private count = 0;

  constructor(whole?: Account) {
    this.whole = whole;
  }

  get products(): number {
    return this.count;
  }

  add(products: number): void {
    this.count += products;
    this.whole?.add(products);
  }
}
