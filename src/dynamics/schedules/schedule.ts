/** How the step size goes over a training. */
export interface Schedule {
  readonly name: string;
  /** Half a sentence, with its formula. */
  readonly summary: string;
  /** Author year. */
  readonly source: string;
  /**
   * What the step size is multiplied by.
   *
   * @param step from 0, those of the warm-up not counted
   * @param steps how many there are, those of the warm-up not counted
   */
  factor(step: number, steps: number): number;
}
