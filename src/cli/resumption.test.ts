import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileError } from "../io/file-error.ts";
import { createRunFolder, type RunFolder } from "../io/run-folder.ts";
import { ThalwegError, type ErrorDetails } from "../util/thalweg-error.ts";
import { withResumption } from "./resumption.ts";

let folder = "";
let run: RunFolder;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "thalweg-resumption-"));
  writeFileSync(at("step-0"), "bytes");
  const inputs = [{ path: at("step-0"), sha256: createHash("sha256").update("bytes").digest("hex") }];
  run = createRunFolder(at("run"), {
    schema: "thalweg/run@1",
    createdAt: "2026-11-22T00:00:00.000Z",
    directory: folder,
    command: [],
    config: {},
    build: "1 (abc)",
    recipe: { thalweg: "1", experiment: "e", arguments: [], options: {}, seed: 0, budget: null, inputs },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hintOf = (details: Partial<ErrorDetails>) => {
  const error = withResumption(new ThalwegError({ kind: "input", code: "c", message: "M.", ...details }), run);
  return error instanceof ThalwegError ? error.hint : undefined;
};

const GOES_ON = /What is done is kept: --resume \S+ goes on from there\./;
const ENDS_AGAIN = /--resume \S+ would end there, too: begin another without what stops it\./;

describe("what stopped a run", () => {
  it("would stop it again where that is what its own files hold", () => {
    expect(hintOf({})).toMatch(ENDS_AGAIN);
    expect(hintOf({ kind: "check" })).toMatch(ENDS_AGAIN);
    expect(hintOf({ hint: "Do." })).toMatch(/^Do\. Its files are/);
  });

  it("may be over where it was somebody who asked, a disk, or a file that is not what it was", () => {
    expect(hintOf({ kind: "interrupted" })).toMatch(GOES_ON);
    for (const code of ["ENOSPC", "ENOENT", "EIO"]) {
      const answer = withResumption(fileError("write", at("a"), Object.assign(new Error(), { code })), run);
      expect(answer).toMatchObject({ hint: expect.stringMatching(GOES_ON) });
    }
    writeFileSync(at("step-0"), "other bytes");
    expect(hintOf({})).toMatch(GOES_ON);
    rmSync(at("step-0"));
    expect(hintOf({})).toMatch(GOES_ON);
  });
});
