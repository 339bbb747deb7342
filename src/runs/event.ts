import type { ProgressEvent } from "../util/run-context.ts";

/** What a run says while it goes on, each with the task that says it where it is one of many. */
export type RunEvent = { readonly task?: string } & (
  | { readonly type: "section"; readonly name: string; readonly state: "begun" | "done" | "known" }
  | ({ readonly type: "progress" } & ProgressEvent)
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "warning"; readonly text: string }
);

/** Whoever listens to a run: a terminal, a file, a page. */
export type Listener = (event: RunEvent) => void;
