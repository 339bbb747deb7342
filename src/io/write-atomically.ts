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
import { dirname, join, posix, sep } from "node:path";
import { ThalwegError } from "../util/thalweg-error.ts";
import { fileError } from "./file-error.ts";
import { FILLED_LATER, requireInside } from "./inside-run-folder.ts";
import { makeFolders } from "./make-folders.ts";
import { readIfThere } from "./read-if-there.ts";
import { partialName, removeAbandoned, targetOfPartial } from "./partial-name.ts";

/** What a file shall hold: text, bytes, or pieces of bytes made while they are written. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/** Lists the files of a folder that we wrote, one path on a line: what we may replace. Of a folder, "tasks/", what has a name of FILLED_LATER. */
const MANIFEST = ".thalweg-files";

/**
 * Writes a file so that it is complete or not there: beside, to disk, then renamed over `path`.
 *
 * @throws ThalwegError `no-permission`, `disk-full`, `file-not-found` (no such folder), `cannot-write`
 */
export function writeFileAtomically(path: string, content: FileContent): void {
  const partial = partialName(path);
  replaceWhenDone(path, partial, () => {
    removeAbandoned(path);
    writeWhole(partial, content);
    syncFile(partial);
    renameSync(partial, path);
    syncFoldersOf([path]);
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
  const target = placeOf(folder);
  refuseUnlessOurs(target);
  const partial = partialName(target);
  replaceWhenDone(folder, partial, () => {
    makeFolders(dirname(target));
    removeAbandoned(target);
    mkdirSync(partial);
    const places: string[] = [];
    const names: string[] = [MANIFEST, ...filledLater.map((name) => `${name}/`)];
    for (const [path, content] of files) {
      checkInside(path);
      const place = join(partial, ...path.split("/"));
      makeFolders(dirname(place));
      writeWhole(place, content);
      places.push(place);
      names.push(path);
    }
    places.push(join(partial, MANIFEST));
    writeWhole(join(partial, MANIFEST), `${names.join("\n")}\n`);
    places.forEach(syncFile);
    syncFoldersOf(places);
    swapIn(partial, target);
    syncFoldersOf([target]);
  });
}

/**
 * Adds files to a folder that writeFolderAtomically wrote, each complete or not there, and the last one only beside all
 * others; files of the same name are replaced. They go to disk together, which takes a fraction of the time of one by one.
 *
 * @param before called before each file is written, and put in its place; throws where nothing more may be
 * @throws those of writeFileAtomically and of `before`
 */
export function addToFolder(
  folder: string,
  files: Iterable<readonly [path: string, content: FileContent]>,
  before: () => void = () => undefined,
): void {
  const added = [...files];
  before();
  for (const [path] of added) {
    checkInside(path);
    requireInside(folder, path, "replaced");
  }
  // Named first: what is written and not named would later pass for somebody else's.
  nameOurs(
    folder,
    added.map(([path]) => path),
  );
  const places = added.map(([path]) => join(folder, ...path.split("/")));
  const partials = places.map(partialName);
  const begun: string[] = [];
  try {
    for (const [i, [, content]] of added.entries()) {
      before();
      requireInside(folder, added[i][0], "replaced");
      makeFolders(dirname(places[i]));
      removeAbandoned(places[i]);
      begun.push(partials[i]);
      writing(places[i], () => writeWhole(partials[i], content));
    }
    for (const [i, place] of places.entries()) writing(place, () => syncFile(partials[i]));
    for (const [i, place] of places.entries()) {
      before();
      requireInside(folder, added[i][0], "replaced");
      if (i === places.length - 1) syncFoldersOf(places);
      writing(place, () => renameSync(partials[i], place));
    }
    syncFoldersOf(places.slice(-1));
  } catch (error) {
    for (const partial of begun) removeIfPossible(partial);
    throw error;
  }
}

/** Why it failed is what counts, not what cannot be tidied after it. */
function removeIfPossible(partial: string): void {
  try {
    rmSync(partial, { force: true });
  } catch {
    // Its folder was changed meanwhile.
  }
}

/** Whether a folder says what of it is ours. A copy made by `cp run/* elsewhere` does not: names with a dot stay behind. */
export function saysWhatIsOurs(folder: string): boolean {
  return existsSync(join(folder, MANIFEST));
}

/** Adds to what is ours in a folder. Where that is not known any more, nothing else is: what is not named is never removed. */
export function nameOurs(folder: string, paths: readonly string[]): void {
  const manifest = join(folder, MANIFEST);
  const names = new Set([...(readIfThere(manifest) ?? MANIFEST).split("\n"), ...paths]);
  names.delete("");
  writeFileAtomically(manifest, `${[...names].join("\n")}\n`);
}

/** Puts the new folder in place of the old one, which is moved aside first and comes back on failure. */
function swapIn(partial: string, target: string): void {
  if (!existsSync(target)) return meeting(target, () => renameSync(partial, target));
  const aside = partialName(target);
  refuseUnlessOurs(target);
  meeting(target, () => renameSync(target, aside));
  try {
    meeting(target, () => renameSync(partial, target));
  } catch (error) {
    // Where another one has put its folder there meanwhile, that is the newer one.
    if (!existsSync(target)) renameSync(aside, target);
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** The folder itself, where the name is a link to it. */
function placeOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** What the system says where a folder came or went between a look and a rename. */
const MET = new Set(["ENOENT", "ENOTEMPTY", "EEXIST"]);

/** @throws usage error `folder-in-use` where another run writes the folder at the same moment */
function meeting(folder: string, look: () => void): void {
  try {
    look();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && MET.has(String(error.code)))) throw error;
    throw new ThalwegError({
      kind: "usage",
      code: "folder-in-use",
      message: `Another run writes ${folder} at the same time.`,
      where: { file: folder },
      hint: "Give every run a folder of its own.",
      cause: error,
    });
  }
}

/** Looks again where it is refused: another run may have moved the folder away while its files were listed. */
const LOOKS = 3;

function refuseUnlessOurs(folder: string): void {
  for (let look = 1; ; look++) {
    try {
      meeting(folder, () => requireOurs(folder));
      return;
    } catch (error) {
      if (look === LOOKS) throw error;
    }
  }
}

function requireOurs(folder: string): void {
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
  const filled = [...FILLED_LATER].filter(([name]) => ours.has(`${name}/`));
  // What was being written when a process was killed is of the file that it would have become.
  const isOurs = (path: string) =>
    ours.has(path) ||
    filled.some(([name, files]) => path.startsWith(`${name}/`) && files.test(path.slice(name.length + 1)));
  const foreign = present.find((path) => !isOurs(path) && !isOurs(targetOfPartial(path) ?? path));
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

function writeWhole(path: string, content: FileContent): void {
  const descriptor = openSync(path, "wx");
  try {
    for (const piece of piecesOf(content)) {
      for (let done = 0; done < piece.length;)
        done += writeSync(descriptor, piece, done, Math.min(piece.length - done, MAX_WRITE));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Sees to it that a file that was written is on the disk. */
function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
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

/** Makes renames durable; some systems cannot open a folder, and there they are durable enough. */
function syncFoldersOf(places: readonly string[]): void {
  if (process.platform === "win32") return;
  for (const folder of new Set(places.map((place) => dirname(place)))) {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function replaceWhenDone(path: string, partial: string, write: () => void): void {
  try {
    writing(path, write);
  } catch (error) {
    if (existsSync(partial)) rmSync(partial, { recursive: true });
    throw error;
  }
}

/** Whatever the system says while a file is written, said of that file. */
function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? fileError("write", path, error) : error;
  }
}
