import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NO_WEBGPU } from "./software-webgpu.ts";

/** The built command line. */
export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** The same, module by module as the library has them: for tests that change one of them before it is loaded. */
export const MODULES = fileURLToPath(new URL("../../dist/cli/program.js", import.meta.url));
/** The built library, for scripts that import it. */
export const DIST = new URL("../../dist/", import.meta.url).href;

export interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** May send signals to a process. */
export type Act = (child: ChildProcess) => void;

/** Acts once on a process that has said something on stderr, in however many pieces it comes. */
export function onceSaid(child: ChildProcess, words: string, act: () => void): void {
  let said = "";
  let isDone = false;
  child.stderr?.on("data", (text: Buffer | string) => {
    said += String(text);
    if (isDone || !said.includes(words)) return;
    isDone = true;
    act();
  });
}

/** Runs a program to its end and keeps what it wrote. */
export function finish(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
  act?: Act,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...options,
      env: { ...process.env, ...NO_WEBGPU, NO_COLOR: "1", ...options.env },
    });
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
    act?.(child);
  });
}

/** Runs the command line. */
export function thalweg(args: readonly string[], options: SpawnOptions = {}, act?: Act): Promise<Finished> {
  return finish(process.execPath, [MAIN, ...args], options, act);
}

/** Runs a module given as text. */
export function runScript(text: string, options: SpawnOptions = {}): Promise<Finished> {
  return finish(process.execPath, ["--input-type=module", "-e", text], options);
}
