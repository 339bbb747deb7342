import type { ProblemOptions } from "../problem/problem-options.ts";
import type { Check } from "../result/envelope.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import type { NamedCheckpoints, Origin } from "./subject.ts";

/** What was proven and found where one of many files of weights was opened. */
interface Found extends Pick<Origin, "checks" | "warnings"> {
  readonly weights: string;
}

/** What the envelope says of many files of weights: each check once, and each warning. */
export function joinedOrigin(found: readonly Found[]): Pick<Origin, "checks" | "warnings"> {
  return { checks: worstOf(found), warnings: warningsOf(found) };
}

/** Each check once: where it failed, or else could not be made, or else came closest to its limit. */
function worstOf(found: readonly Found[]): Check[] {
  const worst = new Map<string, { readonly check: Check; readonly weights: string }>();
  for (const { checks, weights } of found) {
    for (const check of checks) {
      const known = worst.get(check.name)?.check;
      if (known === undefined || isWorse(check, known)) worst.set(check.name, { check, weights });
    }
  }
  return [...worst.values()].map(({ check, weights }) => ({
    ...check,
    detail: found.length === 1 ? check.detail : `${check.detail} The worst of ${found.length} checkpoints: ${weights}.`,
  }));
}

const RANK = { failed: 2, missing: 1, passed: 0 } as const;

function isWorse(check: Check, than: Check): boolean {
  const rank = ({ passed }: Check) => (passed === false ? RANK.failed : passed === null ? RANK.missing : RANK.passed);
  if (rank(check) !== rank(than)) return rank(check) > rank(than);
  return check.measured / check.limit > than.measured / than.limit;
}

/** Warnings of all checkpoints once, those of some with their names. */
function warningsOf(found: readonly Found[]): string[] {
  const places = new Map<string, string[]>();
  for (const { warnings, weights } of found)
    for (const warning of new Set(warnings)) places.set(warning, [...(places.get(warning) ?? []), weights]);
  return [...places].map(([warning, weights]) =>
    weights.length === found.length ? warning : `At ${weights.join(", ")}: ${warning}`,
  );
}

/** A file of weights at which nothing could be measured. */
interface Unmeasured {
  readonly weights: string;
  readonly reason: string;
}

/** That nothing was measured at a checkpoint, with the reason. */
export function notMeasured({ weights, reason }: Unmeasured): string {
  return `${weights} was not measured. ${reason}`;
}

/** That a checkpoint was named more than once, for each. */
export function aboutNamedAgain({ namedAgain }: Pick<NamedCheckpoints, "namedAgain">): string[] {
  return namedAgain.map((file) => `${file} was named more than once: it is measured once, where it was named first.`);
}

/** For a run all of whose checkpoints diverged. */
export function noneMeasured([first]: readonly Unmeasured[]): ThalwegError {
  return new ThalwegError({
    kind: "input",
    code: "not-finite",
    message: `None of the checkpoints can be measured. ${notMeasured(first)}`,
    where: { file: first.weights },
    hint: "Take checkpoints from before the run diverged.",
  });
}

/** What the loss is, in words: where it was guessed, it might be guessed otherwise at other weights. */
export function lossInWords({ loss, lossOptions }: Pick<ProblemOptions, "loss" | "lossOptions">): string {
  const { classAxis, outputKind } = lossOptions;
  return [
    loss.title,
    ...(outputKind === undefined ? [] : [`of ${outputKind}`]),
    ...(classAxis === undefined ? [] : [`over the axis ${classAxis}`]),
  ].join(" ");
}

/** @throws input error `losses-differ` where the loss, in words, is not the same at all files of weights */
export function requireSameLoss(found: readonly { readonly weights: string; readonly loss: string }[]): void {
  const [first, ...others] = found;
  const other = others.find(({ loss }) => loss !== first.loss);
  if (other === undefined) return;
  throw new ThalwegError({
    kind: "input",
    code: "losses-differ",
    message: `The loss was read as ${first.loss} at ${first.weights}, and as ${other.loss} at ${other.weights}: their numbers are not of one function.`,
    hint: "Say which it is, with --loss, --output-kind and --class-axis.",
  });
}
