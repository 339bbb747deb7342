import { ThalwegError } from "../util/thalweg-error.ts";

const REASONS: Readonly<Record<string, { code: string; reason: string; hint: string }>> = {
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

/** What the operating system answered, as an error of kind "input" with the path and a hint. */
export function fileError(verb: "read" | "write", path: string, cause: unknown): ThalwegError {
  if (cause instanceof ThalwegError) return cause;
  const system = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown";
  const { code, reason, hint } = Object.hasOwn(REASONS, system)
    ? REASONS[system]
    : {
        code: `${UNKNOWN}${verb}`,
        reason: `the system says ${system}`,
        hint: "Check the disk and the path.",
      };
  return new ThalwegError({
    kind: "input",
    code,
    message: `${path} cannot be ${verb === "read" ? "read" : "written"}: ${reason}.`,
    where: { file: path },
    hint,
    cause,
  });
}
