import { z } from "zod";
import type { Experiment } from "../runs/experiment.ts";
import type { Options } from "../runs/subject.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { heldOutFlags, runFlags, sharedTime, talkFlags, taskFlags } from "./common-flags.ts";
import { SUBJECT_FLAGS } from "./subject-flags.ts";

/** What has no part in any number: how a run talks, where it goes on and where it is written. */
export const edgeFlags = z.object({
  ...talkFlags.shape,
  out: z.string().optional(),
  dryRun: runFlags.shape.dryRun,
  ...taskFlags.shape,
});

/** What the numbers follow from, besides the subject and the experiment's own. */
export const measuringFlags = z.object({ seed: runFlags.shape.seed, time: runFlags.shape.time });

/** The flags that have no part in any number. */
export const WITHOUT_NUMBERS: ReadonlySet<string> = new Set(Object.keys(edgeFlags.shape));

/** The flags of an experiment: what it is about, what it is told, how it runs. What does not apply to it has none. */
export function experimentFlags(experiment: Experiment): z.ZodObject {
  const { subject, parameters, writes, isRandom, endsEarly, hasPlan, readsHeldOut, tasks } = experiment;
  requireOwnFlags(experiment);
  const positional = new Set(experiment.arguments.map(({ option }) => option));
  const own = Object.entries(parameters.shape).filter(([key]) => !positional.has(key));
  const about = Object.entries(SUBJECT_FLAGS[subject].shape).filter(
    ([key]) => readsHeldOut === true || !Object.hasOwn(heldOutFlags.shape, key),
  );
  // In the order of help: what it is told, what it is about, how it runs and talks; what has no heading comes last.
  const isHeaded = ([, type]: (typeof own)[number]) => z.globalRegistry.get(type)?.["group"] !== undefined;
  return z.object({
    ...Object.fromEntries(own.filter(isHeaded)),
    ...Object.fromEntries(about),
    out: outFlag(writes),
    ...(isRandom === true && { seed: runFlags.shape.seed }),
    ...(endsEarly === true && { time: tasks.length > 0 ? sharedTime : runFlags.shape.time }),
    ...(hasPlan && { dryRun: runFlags.shape.dryRun }),
    ...(tasks.length > 0 && taskFlags.shape),
    ...talkFlags.shape,
    ...Object.fromEntries(own),
  });
}

function outFlag(writes: Experiment["writes"]): z.ZodType {
  const { description } = writes;
  return writes.as === "file"
    ? z.string().meta({ description, placeholder: writes.placeholder, short: "o", group: "Run" })
    : z.string().optional().meta({ description, placeholder: "DIR", short: "o", group: "Run" });
}

/** @throws internal error `flag-taken` for an experiment whose parameter would be read as a flag that all have */
function requireOwnFlags({ name, subject, parameters }: Experiment): void {
  const shared = { ...edgeFlags.shape, ...measuringFlags.shape, ...SUBJECT_FLAGS[subject].shape };
  const taken = Object.keys(parameters.shape).find((key) => Object.hasOwn(shared, key));
  if (taken === undefined) return;
  throw new ThalwegError({
    kind: "internal",
    code: "flag-taken",
    message: `The experiment ${name} has a parameter "${taken}", which is a flag that all of its kind share.`,
  });
}

export function withoutTalk(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(talkFlags.shape, name)));
}

/** What leads to the subject, and what the experiment itself is told. */
export function ofSubject(options: Options): Options {
  const isElsewhere = (name: string) => WITHOUT_NUMBERS.has(name) || Object.hasOwn(measuringFlags.shape, name);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !isElsewhere(name)));
}
