import { z } from "zod";
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

/** The result of a task; undefined where it is not there, or not whole, or another's: then the task is not done. */
export function resultOf(store: TaskStore, task: Task): Json | undefined {
  const text = store.get(task.hash);
  if (text === undefined) return undefined;
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
