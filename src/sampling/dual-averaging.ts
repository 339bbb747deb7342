/** Constants of Hoffman & Gelman 2014. */
const SHRINKAGE = 0.05;
const DELAY = 10;
const FORGETTING = 0.75;

/**
 * A step size that brings a statistic to its target by stochastic approximation (Nesterov's dual averaging; Hoffman & Gelman
 * 2014, 3.2): log ε_{t+1} = μ − √t/γ · 1/(t+t₀) Σ (δ − αᵢ), and its average with weights t^{−κ}.
 *
 * @example
 * const step = new DualAveraging(0.1, 0.8);
 * step.update(acceptance); // after each proposal
 * step.averaged; // once adapted
 */
export class DualAveraging {
  private readonly target: number;
  private readonly centre: number;
  private count = 0;
  private error = 0;
  private logStep: number;
  private logAverage = 0;

  constructor(first: number, target: number) {
    this.target = target;
    this.centre = Math.log(10 * first);
    this.logStep = Math.log(first);
  }

  /** The step to try next. */
  get step(): number {
    return Math.exp(this.logStep);
  }

  /** The step to stay with. */
  get averaged(): number {
    return this.count === 0 ? this.step : Math.exp(this.logAverage);
  }

  update(statistic: number): void {
    this.count++;
    const t = this.count;
    const weight = 1 / (t + DELAY);
    this.error += weight * (this.target - statistic - this.error);
    this.logStep = this.centre - (Math.sqrt(t) / SHRINKAGE) * this.error;
    const share = t ** -FORGETTING;
    this.logAverage = share * this.logStep + (1 - share) * this.logAverage;
  }
}
