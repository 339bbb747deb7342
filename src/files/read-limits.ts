/** How much memory a file may claim. Every limit is checked before anything is allocated. */
export interface ReadLimits {
  /** The most bytes that one read of rows may return. */
  readonly maxBytes: number;
  /** The most bytes that all compressed members of one file may inflate to. */
  readonly maxInflatedBytes: number;
}

export const DEFAULT_LIMITS: ReadLimits = { maxBytes: 2 ** 32, maxInflatedBytes: 2 ** 31 };
