import type { InferenceSession } from "onnxruntime-common";
import { FasterWay } from "./faster-way.ts";

type Session = Pick<InferenceSession, "run" | "release">;

/** What threads of a session do that have nothing to do, in the runtime's own words. */
export interface Waiting {
  readonly allow_spinning: "0" | "1";
  readonly spin_duration_us?: string;
  readonly spin_backoff_max?: string;
}

/**
 * Threads that wait sleep, and take some ten microseconds to wake: as long as a small node. Threads that spin for this long before they
 * sleep save that where nothing else runs: a seventh to a quarter of the time of steps of small networks. Beside another busy process or
 * session they take it the processor, and runs take a tenth to a third longer.
 */
const SPIN: Waiting = { allow_spinning: "1", spin_duration_us: "50", spin_backoff_max: "8" };
const SLEEP: Waiting = { allow_spinning: "0" };

/** Times its opening that a program has to have run for before it is opened once more. */
const WORTH_OPENING = 8;

/** A program in the way in which the machine runs it fastest: with threads that sleep while they wait, or with threads that spin. */
export class SessionWays {
  private readonly open: (waiting: Waiting) => Promise<Session>;
  private readonly sleeping: Session;
  private readonly clock: () => number;
  /** The input that says how many passes a run does; undefined where it is to stay in one way. */
  private readonly passes: string | undefined;
  private spinning: Session | undefined;
  private readonly faster = new FasterWay();
  /** Milliseconds of runs until it may be worth to open it once more. */
  private left: number;

  private constructor(
    open: SessionWays["open"],
    sleeping: Session,
    {
      clock,
      passes,
      left,
    }: { readonly clock: () => number; readonly passes: string | undefined; readonly left: number },
  ) {
    this.open = open;
    this.sleeping = sleeping;
    this.clock = clock;
    this.passes = passes;
    this.left = left;
  }

  /**
   * @param passes the input that says how many passes a run does; in one way only where it is undefined
   * @param clock milliseconds
   */
  static async open(
    open: SessionWays["open"],
    { passes, clock }: { readonly passes: string | undefined; readonly clock: () => number },
  ): Promise<SessionWays> {
    const begun = clock();
    const sleeping = await open(SLEEP);
    const opening = clock() - begun;
    return new SessionWays(open, sleeping, { clock, passes, left: WORTH_OPENING * opening });
  }

  async run(inputs: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> {
    if (this.passes === undefined) return this.sleeping.run(inputs);
    if (this.left <= 0) this.spinning ??= await this.open(SPIN);
    const way = this.faster.next;
    const session = way === 0 ? this.sleeping : (this.spinning ?? this.sleeping);
    const begun = this.clock();
    const results = await session.run(inputs);
    const time = this.clock() - begun;
    this.left -= time;
    // A run that ends an epoch is shorter.
    if (this.spinning) this.faster.took(way, time / Number(inputs[this.passes].data[0]));
    return results;
  }

  async release(): Promise<void> {
    await this.sleeping.release();
    await this.spinning?.release();
  }
}
