import { throwIfInterrupted, type RunContext } from "../util/run-context.ts";
import type { Listener } from "./event.ts";
import type { Task } from "./task.ts";

/** What an executor is to see to. */
export interface Job {
  /** Those that are not done yet, in the order in which they are best done. */
  readonly tasks: readonly Task[];
  /** Whether the result of a task is in the store, whole. */
  isDone(task: Task): boolean;
  /** Does a task in this process, and puts its result into the store. */
  perform(task: Task): Promise<void>;
  /** To be told of every task that is done. */
  onDone(task: Task): void;
  /** To be told what those say that do tasks elsewhere. */
  readonly listener: Listener;
  readonly context: RunContext;
}

/** Where tasks are done. The store is the truth: an executor hands out work, and its own memory counts for nothing. */
export interface Executor {
  /** What the numbers may depend on: threads of the engine that each task gets; undefined for all there are. */
  readonly threads: number | undefined;
  /**
   * Returns when all tasks are done.
   *
   * @throws what the first task threw that could not be done, and `interrupted`
   */
  run(job: Job): Promise<void>;
}

/** One after the other, in this process. */
export const here: Executor = {
  threads: undefined,
  async run({ tasks, perform, onDone, context }) {
    for (const task of tasks) {
      throwIfInterrupted(context);
      await perform(task);
      onDone(task);
    }
  },
};
