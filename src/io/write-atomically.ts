import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, posix, sep } from "node:path";
import { ThalwegError } from "../util/thalweg-error.ts";
import { fileError } from "./file-error.ts";
import { makeFolders } from "./make-folders.ts";

/** What a file shall hold: text, bytes, or pieces of bytes made while they are written. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/** Lists the files of a folder that we wrote, one path on a line: what we may replace. A folder, "tasks/", is ours with all in it. */
const MANIFEST = ".thalweg-files";

/**
 * Writes a file so that it is complete or not there: beside, to disk, then renamed over `path`.
 *
 * @throws ThalwegError `no-permission`, `disk-full`, `file-not-found` (no such folder), `cannot-write`
 */
export function writeFileAtomically(path: string, content: FileContent): void {
  const partial = partialName(path);
  replaceWhenDone(path, partial, () => {
    writeDurably(partial, content);
    renameSync(partial, path);
    syncFolder(dirname(path));
  });
}

/**
 * Writes a whole folder so that it is complete or not there. An earlier folder of ours is replaced;
 * one that holds anything else is refused, so that nobody's file is ever lost.
 *
 * @param files contents by path in the folder, with "/" between parts: "figures/density.svg"
 * @param filledLater folders in it whose files are written while the run goes on
 * @throws ThalwegError `folder-not-ours`, and those of writeFileAtomically
 * @example
 * writeFolderAtomically("run", [["result.json", "{}"], ["arrays.npz", npzChunks(arrays)]]);
 */
export function writeFolderAtomically(
  folder: string,
  files: Iterable<readonly [path: string, content: FileContent]>,
  filledLater: readonly string[] = [],
): void {
  const target = existsSync(folder) ? realpathSync(folder) : folder;
  refuseUnlessOurs(target);
  const partial = partialName(target);
  replaceWhenDone(folder, partial, () => {
    makeFolders(dirname(target));
    mkdirSync(partial);
    const folders = new Set([partial]);
    const written: string[] = [MANIFEST, ...filledLater.map((name) => `${name}/`)];
    for (const [path, content] of files) {
      checkInside(path);
      const place = join(partial, ...path.split("/"));
      makeFolders(dirname(place));
      writeDurably(place, content);
      folders.add(dirname(place));
      written.push(path);
    }
    writeDurably(join(partial, MANIFEST), `${written.join("\n")}\n`);
    for (const each of folders) syncFolder(each);
    swapIn(partial, target);
    syncFolder(dirname(target));
  });
}

/**
 * Adds files to a folder that writeFolderAtomically wrote, each complete or not there; files of the same
 * name are replaced.
 *
 * @param before called before each file is written; throws where nothing more may be
 * @throws those of writeFileAtomically and of `before`
 */
export function addToFolder(
  folder: string,
  files: Iterable<readonly [path: string, content: FileContent]>,
  before: () => void = () => undefined,
): void {
  const added = [...files];
  before();
  const manifest = join(folder, MANIFEST);
  // Named first: what is written and not named would later pass for somebody else's.
  const names = new Set(readFileSync(manifest, "utf8").split("\n"));
  for (const [path] of added) {
    checkInside(path);
    names.add(path);
  }
  names.delete("");
  writeFileAtomically(manifest, `${[...names].join("\n")}\n`);
  for (const [path, content] of added) {
    const place = join(folder, ...path.split("/"));
    before();
    makeFolders(dirname(place));
    writeFileAtomically(place, content);
  }
}

/** Puts the new folder in place of the old one, which is moved aside first and comes back on failure. */
function swapIn(partial: string, target: string): void {
  if (!existsSync(target)) return renameSync(partial, target);
  const aside = partialName(target);
  refuseUnlessOurs(target);
  renameSync(target, aside);
  try {
    renameSync(partial, target);
  } catch (error) {
    renameSync(aside, target);
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

function refuseUnlessOurs(folder: string): void {
  if (!existsSync(folder)) return;
  const refuse = (reason: string) =>
    new ThalwegError({
      kind: "usage",
      code: "folder-not-ours",
      message: `${folder} ${reason}, so it is not overwritten.`,
      where: { file: folder },
      hint: "Choose a new folder, or remove this one yourself.",
    });
  if (!lstatSync(folder).isDirectory()) throw refuse("exists and is not a folder");
  const present = filesIn(folder);
  if (present.length === 0) return;
  if (!present.includes(MANIFEST)) throw refuse("holds files that no run of thalweg wrote");
  const ours = new Set(readFileSync(join(folder, MANIFEST), "utf8").split("\n"));
  const folders = [...ours].filter((path) => path.endsWith("/"));
  const foreign = present.find((path) => !ours.has(path) && !folders.some((each) => path.startsWith(each)));
  if (foreign !== undefined) throw refuse(`holds ${foreign}, which no run of thalweg wrote`);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll(sep, "/"),
    );
}

function checkInside(path: string): void {
  if (
    path !== "" &&
    path !== MANIFEST &&
    posix.normalize(path) === path &&
    !posix.isAbsolute(path) &&
    !path.startsWith("..") &&
    !/[\n\\]/.test(path)
  )
    return;
  throw new ThalwegError({
    kind: "internal",
    code: "bad-output-path",
    message: `"${path}" is not a path inside the folder that is written.`,
  });
}

function writeDurably(path: string, content: FileContent): void {
  const descriptor = openSync(path, "wx");
  try {
    for (const piece of piecesOf(content)) {
      for (let done = 0; done < piece.length;)
        done += writeSync(descriptor, piece, done, Math.min(piece.length - done, MAX_WRITE));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The operating system refuses single writes of 2 GiB. */
const MAX_WRITE = 1 << 30;

function piecesOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Makes a rename durable; some systems cannot open a folder, and there the rename is durable enough. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function replaceWhenDone(path: string, partial: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (existsSync(partial)) rmSync(partial, { recursive: true });
    throw error instanceof Error && "syscall" in error ? fileError("write", path, error) : error;
  }
}

/** A hidden name beside the target, on the same disk, that no other process or call uses. */
function partialName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${process.hrtime.bigint()}.partial`);
}
