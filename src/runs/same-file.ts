import { ThalwegError } from "../util/thalweg-error.ts";
import type { Opened } from "./subject.ts";

type Inputs = Opened<unknown>["inputs"];

/**
 * A file that was there when a run began holds the same bytes now; one that was not is not looked at.
 *
 * @throws input error `file-changed`
 */
export function requireSameFile({ path, sha256 }: Inputs[number], begun: Inputs): void {
  const known = begun.find((each) => each.path === path);
  if (known === undefined || known.sha256 === sha256) return;
  throw new ThalwegError({
    kind: "input",
    code: "file-changed",
    message: `${path} holds other bytes than when the run began.`,
    where: { file: path },
    hint: "Put the file back as it was, or begin a new run.",
  });
}
