import { closeSync, constants, fstatSync, lstatSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ThalwegError } from "../util/thalweg-error.ts";
import { notAFile } from "./file-error.ts";

/** The folders of a run that are filled while it goes on, each with the names that files in it have: no other file there is ours. */
export const FILLED_LATER: ReadonlyMap<string, RegExp> = new Map([
  ["tasks", /^[0-9a-f]{64}\.json$/],
  // A lease that has expired is moved aside before it is removed.
  ["leases", /^[0-9a-f]{64}\.(?:failed|lease(?:\.[^/]+)?)$/],
]);

/**
 * Sees to it that what is written at a path in a folder lands in that folder: the folder itself may be reached by a link,
 * nothing below it.
 *
 * @param path with "/" between parts
 * @param last what stands at its end: a file that is replaced by a rename may be a link, which the rename takes away
 * @throws usage error `link-in-folder`, and `folder-not-ours` for a file in the place of a folder
 */
export function requireInside(folder: string, path: string, last: "folder" | "file" | "replaced"): void {
  const parts = path.split("/");
  const checked = last === "replaced" ? parts.length - 1 : parts.length;
  for (let i = 1; i <= checked; i++) {
    const place = join(folder, ...parts.slice(0, i));
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isSymbolicLink()) throw isLink(place);
    if ((i < parts.length || last === "folder") && !stat.isDirectory()) {
      throw new ThalwegError({
        kind: "usage",
        code: "folder-not-ours",
        message: `${place} is not a folder, where the run keeps one, so it is not overwritten.`,
        where: { file: place },
        hint: "Move it away, or choose another folder.",
      });
    }
  }
}

const MODES = {
  append: constants.O_APPEND | constants.O_CREAT,
  new: constants.O_CREAT | constants.O_EXCL,
  replace: constants.O_CREAT | constants.O_TRUNC,
};

/**
 * Writes a file in the folder of a run in place, through no link and into no pipe or device.
 *
 * @throws those of requireInside, input error `not-a-file`, and what the system says
 */
export function writeInside(folder: string, path: string, text: string, mode: keyof typeof MODES): void {
  requireInside(folder, path, "file");
  const place = join(folder, ...path.split("/"));
  // Where a link comes after the look, opening fails; a pipe without a reader is not waited for. Windows has neither flag.
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | MODES[mode];
  const descriptor = openSync(place, flags, 0o666);
  try {
    if (!fstatSync(descriptor).isFile()) throw notAFile(place);
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

function isLink(place: string): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "link-in-folder",
    message: `${place} is a link, and in the folder of a run nothing is written through links.`,
    where: { file: place },
    hint: "Put what it leads to in its place, or remove the link.",
  });
}
