/** Marks an error as "this node cannot be imported", so that all such nodes are reported together. */
export class UnsupportedNode extends Error {
  /** What can be done, when it is known. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}
