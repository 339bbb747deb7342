/** Counts what is kept between products against a limit, so that memory does not grow with the data. */
export class MemoryBudget {
  private readonly limit: number;
  private used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get taken(): number {
    return this.used;
  }

  get free(): number {
    return this.limit - this.used;
  }

  /** Reserves bytes; false when they do not fit. */
  take(bytes: number): boolean {
    if (bytes > this.free) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
