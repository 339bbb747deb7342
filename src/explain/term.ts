/** One term of the field, explained: `thalweg explain`, the documentation and the reports are made from these. */
export interface Term {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly title: string;
  /** TeX. */
  readonly formula: string;
  /** What it is and why it matters, for a reader who trains networks. */
  readonly text: string;
  /** How Thalweg measures it. */
  readonly measured: string;
  /** Author and year. */
  readonly source: string;
  /** Names of terms to read next. */
  readonly see: readonly string[];
}
