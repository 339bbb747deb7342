import { z } from "zod";
import { Vocabulary, wordsOf } from "../quantities/vocabulary.ts";
import type { Experiment } from "../runs/experiment.ts";
import type { Options } from "../runs/subject.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { heldOutFlags, overwriteFlag, runFlags, sharedTime, talkFlags, taskFlags } from "./common-flags.ts";
import { SUBJECT_FLAGS } from "./subject-flags.ts";

/** What has no part in any number: how a run talks, where it goes on and where it is written. */
export const edgeFlags = z.object({
  ...talkFlags.shape,
  out: z.string().optional(),
  overwrite: overwriteFlag,
  dryRun: runFlags.shape.dryRun,
  ...taskFlags.shape,
});

/** What the numbers follow from, besides the subject and the experiment's own. */
export const measuringFlags = z.object({ seed: runFlags.shape.seed, time: runFlags.shape.time });

/** The flags that have no part in any number. */
export const WITHOUT_NUMBERS: ReadonlySet<string> = new Set(Object.keys(edgeFlags.shape));

/**
 * The flags of experiments that answer one verb: what they are told, what they are about, how they run. What does not apply
 * to them has none.
 */
export function experimentFlags(experiments: readonly Experiment[]): z.ZodObject {
  const { parameters } = new Vocabulary(experiments.flatMap(({ speakers }) => speakers));
  const positional = new Set(experiments.flatMap((each) => each.arguments.map(({ option }) => option)));
  const own = wordsOf(parameters).filter(([key]) => !positional.has(key));
  // In the order of help; what has no heading comes last.
  const [headed, plain] = [true, false].map((isHeaded) =>
    own.filter(([, type]) => (z.globalRegistry.get(type)?.["group"] !== undefined) === isHeaded),
  );
  const shared = experiments.map(flagsAround).reduce((all, each) => ({ ...all, ...each }), {});
  // Also what does not apply to these: a word means the same, whatever is asked.
  const common = experiments.map(subjectFlags);
  const reserved = [edgeFlags.shape, measuringFlags.shape, ...common];
  const clash = own.find(([key]) => reserved.some((each) => Object.hasOwn(each, key)));
  if (clash !== undefined) throw flagTaken(experiments[0], clash[0]);
  return z.object({ ...Object.fromEntries(headed), ...shared, ...talkFlags.shape, ...Object.fromEntries(plain) });
}

/** What leads to the subject. */
function subjectFlags({ subject, ownWords }: Experiment): z.ZodRawShape {
  return Object.fromEntries(
    Object.entries(SUBJECT_FLAGS[subject].shape).filter(([key]) => ownWords?.includes(key) !== true),
  );
}

/** What leads to the subject, and how it runs. */
function flagsAround(experiment: Experiment): z.ZodRawShape {
  const { writes, isRandom, endsEarly, hasPlan, readsHeldOut, tasks } = experiment;
  const about = Object.entries(subjectFlags(experiment)).filter(
    ([key]) => readsHeldOut === true || !Object.hasOwn(heldOutFlags.shape, key),
  );
  return {
    ...Object.fromEntries(about),
    out: outFlag(writes),
    ...(writes.as === "file" && { overwrite: overwriteFlag }),
    ...(isRandom === true && { seed: runFlags.shape.seed }),
    ...(endsEarly === true && { time: tasks.length > 0 ? sharedTime : runFlags.shape.time }),
    ...(hasPlan && { dryRun: runFlags.shape.dryRun }),
    ...(tasks.length > 0 && taskFlags.shape),
  };
}

function outFlag(writes: Experiment["writes"]): z.ZodType {
  const { description } = writes;
  return writes.as === "file"
    ? z.string().meta({ description, placeholder: writes.placeholder, short: "o", group: "Run" })
    : z.string().optional().meta({ description, placeholder: "DIR", short: "o", group: "Run" });
}

/** For an experiment whose parameter would be read as a flag that all have. */
function flagTaken({ name }: Experiment, parameter: string): ThalwegError {
  return new ThalwegError({
    kind: "internal",
    code: "flag-taken",
    message: `The experiment ${name} has a parameter "${parameter}", which is a flag that all of its kind share.`,
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
