import type { Runtime } from "../runtime/runtime.ts";
import type { Shape } from "../util/tensor.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { Network } from "./network.ts";
import type { ParameterSlots } from "./parameter-slots.ts";
import type { ParameterSpace } from "./parameter-space.ts";
import type { ProblemOptions } from "./problem-options.ts";
import type { ProgramStore } from "./program-store.ts";
import type { VectorFeeds } from "./vector-feeds.ts";

/** What all points of a problem share. */
export interface PointMachinery {
  readonly options: ProblemOptions;
  readonly space: ParameterSpace;
  readonly runtime: Runtime;
  /** Why the loss of an example depends on others, where it does. */
  readonly coupled: string | undefined;
  readonly network: (batch: number) => Network;
  readonly outputShape: Shape;
  /** How many rows of the outputs belong to one example. */
  readonly rowsPerExample: number;
  readonly preferredBlock: number;
  readonly programs: ProgramStore;
  readonly vectors: VectorFeeds;
  readonly parameters: ParameterSlots;
  readonly budget: MemoryBudget;
}
