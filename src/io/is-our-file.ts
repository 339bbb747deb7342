import { openFile } from "./open-file.ts";

/** What we write into each kind of file that stands alone, and where it is found: in the first bytes, or as the last. */
const MARKS: readonly { readonly begins: string; readonly holds?: string; readonly ends?: string }[] = [
  // ONNX: ir_version, then the producer's name.
  { begins: "\b", holds: "\u0012\u0007thalweg" },
  // Zip archives (.npz): the comment at the end.
  { begins: "PK", ends: "thalweg" },
  { begins: "<!doctype html>", holds: '<meta name="generator" content="Thalweg">' },
  { begins: "{", holds: '"schema": "thalweg/' },
];
const ENDS = 1024;

/**
 * Whether a file is one that we wrote, by what is in it.
 *
 * @throws ThalwegError of openFile
 */
export function isOurFile(path: string): boolean {
  const source = openFile(path);
  try {
    const text = (from: number, length: number) => Buffer.from(source.read(from, length)).toString("latin1");
    const head = text(0, Math.min(ENDS, source.size));
    const tail = text(Math.max(0, source.size - ENDS), Math.min(ENDS, source.size));
    return MARKS.some(
      ({ begins, holds, ends }) =>
        head.startsWith(begins) &&
        (holds === undefined || head.includes(holds)) &&
        (ends === undefined || tail.endsWith(ends)),
    );
  } finally {
    source.close();
  }
}
