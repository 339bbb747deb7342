import type { Term } from "../result/explain-document.ts";

export type { Term };

/** Terms of one subject, in the order in which a reader may want to meet them. */
export interface Family {
  readonly title: string;
  readonly terms: readonly Term[];
}
