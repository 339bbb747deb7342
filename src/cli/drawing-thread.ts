import { Worker } from "node:worker_threads";
import type { Specification } from "../figures/figure.ts";
import type { Figure } from "../figures/figure.ts";
import type { DrawSvg } from "../report/draw-svg.ts";
import { drawingsOf } from "../report/figure-block.ts";
import { drawingOnce } from "../report/render-svg.ts";
import { messageOf } from "../util/message-of.ts";

/** A specification for the worker, by a number of its own. */
export interface DrawingRequest {
  readonly id: number;
  readonly spec: Specification;
}

export type DrawingReply = { readonly id: number } & ({ readonly svg: string } | { readonly fault: string });

interface Waiting {
  resolve(svg: string): void;
  reject(error: Error): void;
}

/**
 * Draws in a thread of its own (`drawing-worker.ts`), beside whatever is measured meanwhile; each specification once. The
 * thread begins with {@link open} or with the first drawing. One that fails leaves the others; where the thread ends, all
 * that it has not drawn fail. The process may end while nothing is being drawn.
 *
 * @example
 * await using thread = new DrawingThread(worker);
 * thread.begin(figures); // as soon as there are some
 * await thread.draw(figures[0].spec);
 */
export class DrawingThread implements AsyncDisposable {
  /** The drawing of a specification, in light colours. */
  readonly draw: DrawSvg = drawingOnce((spec) => this.request(spec));
  private readonly worker: URL;
  private readonly waiting = new Map<number, Waiting>();
  private thread: Worker | undefined;
  private death: Error | undefined;
  private requests = 0;

  /** @param worker the built `drawing-worker.js` */
  constructor(worker: URL) {
    this.worker = worker;
  }

  /** Starts the thread, which loads what it draws with. */
  open(): void {
    if (this.thread || this.death) return;
    // The worker is a file of ours: flags of the caller's process (--input-type) do not fit it.
    const thread = new Worker(this.worker, { execArgv: [] });
    this.thread = thread;
    thread.unref();
    thread.on("message", (reply: DrawingReply) => this.take(reply));
    thread.on("error", (error: unknown) => this.die(messageOf(error)));
    thread.on("exit", () => this.die("its thread has ended"));
  }

  /** Begins to draw figures at all widths at which a page shows them; what fails then fails for whoever asks for it. */
  begin(figures: readonly Figure[]): void {
    for (const figure of figures) for (const { spec } of drawingsOf(figure)) this.draw(spec).catch(() => undefined);
  }

  /** Ends the thread; what it has not drawn fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.die("it was closed");
    await this.thread?.terminate();
  }

  private request(spec: Specification): Promise<string> {
    this.open();
    const { thread, death } = this;
    if (!thread || death) return Promise.reject(death ?? new Error("there is no thread to draw in"));
    const id = this.requests++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      thread.ref();
      const request: DrawingRequest = { id, spec };
      thread.postMessage(request, []);
    });
  }

  private take(reply: DrawingReply): void {
    const asked = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    // A reply may come late, while the end of the thread is waited for.
    if (this.waiting.size === 0 && !this.death) this.thread?.unref();
    if ("svg" in reply) asked?.resolve(reply.svg);
    else asked?.reject(new Error(reply.fault));
  }

  private die(reason: string): void {
    this.death ??= new Error(`the drawing stopped: ${reason}`);
    for (const { reject } of this.waiting.values()) reject(this.death);
    this.waiting.clear();
  }
}
