import { afterAll } from "vitest";
import { type Examples, openNet } from "../../src/claims/open-net.ts";
import type { Problem } from "../../src/problem/problem.ts";
import { runtime } from "./run-values.ts";

/** Opens built-in networks with the mean squared error for the tests of one file, in float64, and closes them behind the last. */
export function openedNets(): (name: string, data: Examples) => Problem {
  const opened: Problem[] = [];
  afterAll(() => Promise.all(opened.map((problem) => problem.close())));
  return (name, data) => {
    const problem = openNet(name, data, runtime);
    opened.push(problem);
    return problem;
  };
}
