import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { ThalwegError } from "../util/thalweg-error.ts";

interface Reason {
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: {
    code: "file-not-found",
    reason: "it does not exist",
    hint: "Check the spelling and the current folder.",
  },
  ENOTDIR: {
    code: "file-not-found",
    reason: "a part of its path is not a folder",
    hint: "Check the spelling of the path.",
  },
  EACCES: {
    code: "no-permission",
    reason: "permission is denied",
    hint: "Change its permissions, or choose another place.",
  },
  EPERM: {
    code: "no-permission",
    reason: "the operation is not permitted",
    hint: "Change its permissions, or choose another place.",
  },
  EROFS: { code: "no-permission", reason: "its disk is read-only", hint: "Choose another place." },
  EISDIR: { code: "not-a-file", reason: "it is a folder", hint: "Give the path of a file." },
  ENOSPC: {
    code: "disk-full",
    reason: "the disk is full",
    hint: "Free some space, or choose another place.",
  },
};

/** Whether an error is what the operating system answered, now and here; what files hold is not. */
export function isFileError({ code }: ThalwegError): boolean {
  return code.startsWith(UNKNOWN) || Object.values(REASONS).some((each) => each.code === code);
}

const UNKNOWN = "cannot-";

/** For a pipe, a device or a folder where a file is expected. */
export function notAFile(path: string, what = "not a regular file"): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "not-a-file",
    message: `${path} is ${what}, where a file is expected.`,
    where: { file: path },
    hint: "Give the path of a file.",
  });
}

/** Of a file that shall be written it is not the file that is missing. */
function withoutPlace(path: string): Reason {
  const folder = dirname(path);
  return existsSync(folder)
    ? { code: "file-not-found", reason: `nothing can be made in ${folder}`, hint: "Choose another place." }
    : {
        code: "file-not-found",
        reason: `the folder ${folder} does not exist`,
        hint: "Make it first, or check the spelling and the current folder.",
      };
}

function reasonOf(verb: "read" | "write", path: string, system: string): Reason {
  if (verb === "write" && system === "ENOENT") return withoutPlace(path);
  if (Object.hasOwn(REASONS, system)) return REASONS[system];
  return { code: `${UNKNOWN}${verb}`, reason: `the system says ${system}`, hint: "Check the disk and the path." };
}

/** What the operating system answered, as an error of kind "input" with the path and a hint. */
export function fileError(verb: "read" | "write", path: string, cause: unknown): ThalwegError {
  if (cause instanceof ThalwegError) return cause;
  const system = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown";
  const { code, reason, hint } = reasonOf(verb, path, system);
  return new ThalwegError({
    kind: "input",
    code,
    message: `${path} cannot be ${verb === "read" ? "read" : "written"}: ${reason}.`,
    where: { file: path },
    hint,
    cause,
  });
}
