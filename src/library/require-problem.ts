import { z } from "zod";
import { Problem } from "../problem/problem.ts";
import { requireArgument } from "../util/require-argument.ts";

const problemArgument = z.custom<Problem>((given) => given instanceof Problem, {
  error: "it must be a problem, as load gives it",
});

/** @throws usage error `bad-argument` for what is no problem */
export function requireProblem(caller: string, problem: Problem): void {
  requireArgument("problem", caller, problemArgument, problem);
}
