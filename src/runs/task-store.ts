import { z } from "zod";
import { keptBy } from "../util/kept-by.ts";
import { canonicalJson, hashOfJson, type Json } from "./recipe.ts";
import type { Task } from "./task.ts";

/** Where finished tasks are kept, by hash. Whatever is put there is there whole or not at all. */
export interface TaskStore {
  get(hash: string): string | undefined;
  put(hash: string, text: string): void;
}

const finished = z.object({
  schema: z.literal("thalweg/task@1"),
  hash: z.string().describe("Of the recipe, the kind and the input."),
  kind: z.string(),
  input: z.json(),
  result: z.json(),
  checksum: z.string().describe("SHA-256 of all the other members as canonical JSON."),
});

/** The text under which the result of a task is kept. */
export function encodeFinished({ hash, kind, input }: Task, result: Json): string {
  const content = { schema: "thalweg/task@1", hash, kind, input, result };
  return `${JSON.stringify({ ...content, checksum: hashOfJson(content) })}\n`;
}

/** Characters of results that are remembered of a store. */
const MOST_REMEMBERED = 2 ** 26;

/** Results that were found whole in a store: to read and to hash one of many megabytes takes long, and tasks ask for it often. */
class Remembered {
  private readonly results = new Map<string, Json>();
  private room = MOST_REMEMBERED;

  get(hash: string): Json | undefined {
    return this.results.get(hash);
  }

  keep(hash: string, result: Json, size: number): void {
    if (size > this.room) return;
    this.room -= size;
    this.results.set(hash, result);
  }
}

const remembered = keptBy<Remembered>();

/**
 * The result of a task; undefined where it is not there, or not whole, or another's: then the task is not done. What was
 * found once is found again without another look.
 */
export function resultOf(store: TaskStore, task: Task): Json | undefined {
  const known = remembered(store, () => new Remembered());
  const before = known.get(task.hash);
  if (before !== undefined) return before;
  const text = store.get(task.hash);
  const result = text === undefined ? undefined : verified(text, task);
  if (text !== undefined && result !== undefined) known.keep(task.hash, result, text.length);
  return result;
}

function verified(text: string, task: Task): Json | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = finished.safeParse(json);
  if (!parsed.success) return undefined;
  const { checksum, ...content } = parsed.data;
  const isItsOwn =
    content.hash === task.hash &&
    content.kind === task.kind &&
    canonicalJson(content.input) === canonicalJson(task.input);
  return isItsOwn && checksum === hashOfJson(content) ? content.result : undefined;
}

/** A store that goes with the process. */
export function memoryStore(): TaskStore {
  const texts = new Map<string, string>();
  return { get: (hash) => texts.get(hash), put: (hash, text) => void texts.set(hash, text) };
}
