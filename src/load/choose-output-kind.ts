import { classLayout } from "../problem/losses/class-layout.ts";
import type { Loss } from "../problem/losses/loss.ts";
import type { OutputKind } from "../problem/losses/output-kind.ts";
import { type OutputLink, outputLink } from "../problem/output-link.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { type LossEvidence, notClear } from "./loss-evidence.ts";
import {
  distributionsAlong,
  isBounded,
  isConstant,
  isNonPositive,
  isStill,
  isSameLikeness,
  likenessAlong,
  type OutputSamples,
} from "./output-evidence.ts";

/** What the outputs are to the loss, with what is worth saying about it. */
export interface ChosenOutputKind {
  /** Undefined where the last operation of the network tells it. */
  readonly kind: OutputKind | undefined;
  readonly note?: string;
  readonly warning?: string;
}

const HINT = "--output-kind says what the outputs are: logits, log-probabilities or probabilities.";

/**
 * Whether outputs are logits, log-probabilities or probabilities: as asked; by the network's last operation;
 * else by their values on real examples, which must then hold at other parameters too: what happens to be
 * so at one point is no property of the network.
 *
 * @throws ThalwegError `loss-not-clear` where two readings are possible, `output-kind` for one that the loss has not
 */
export async function chooseOutputKind(
  evidence: LossEvidence,
  loss: Loss,
  classAxis: number | undefined,
): Promise<ChosenOutputKind> {
  const { asked, outputs, labels } = evidence;
  const { kinds } = loss;
  if (asked.outputKind !== undefined && !kinds?.includes(asked.outputKind)) {
    throw new ThalwegError({
      kind: "usage",
      code: "output-kind",
      message: `The loss ${loss.title} ${kinds ? `takes ${kinds.join(", ")}` : "compares the outputs as they are"}; --output-kind ${asked.outputKind} does not fit it.`,
    });
  }
  if (!kinds || asked.outputKind !== undefined) return { kind: asked.outputKind };
  const link = outputLink(outputs);
  if (loss.hasClasses !== true) {
    if (!link || link.isRescaled || link.isDivision) return byBounds(evidence);
    if (!kinds.includes(link.kind))
      throw notClear(
        `The network ends in ${ending(link)}, which gives log-probabilities over classes, but ${loss.title} takes independent probabilities.`,
        `Choose another loss, or export the network without its ${link.name}.`,
        labels,
      );
    return !link.normalises && link.logits ? { kind: undefined } : ofLink(link);
  }
  const axis = classAxis ?? classLayout(outputs.shape, labels)?.axis;
  if (axis === undefined) return { kind: undefined };
  if (link && !link.normalises && !link.isRescaled)
    throw bitsBesideClasses(evidence, `ends in ${ending(link)}, which makes independent probabilities`);
  if (link === undefined || !link.normalises || link.isRescaled || !(await isDistribution(evidence, link)))
    return byValues(evidence, axis, link);
  if (link.axis === axis) return link.logits ? { kind: undefined } : ofLink(link);
  return {
    kind: link.kind,
    warning: `The final ${link.name} is over ${link.axis === undefined ? "several axes at once" : `axis ${link.axis}`}, but the classes are on axis ${axis} of the outputs. The outputs were taken as the ${link.kind} that they are called; --output-kind logits takes them as logits.`,
  };
}

/** Softmax, then Clip */
function ending({ name, behind }: OutputLink): string {
  return [name, ...behind].join(", then ");
}

function ofLink(link: OutputLink): ChosenOutputKind {
  return { kind: link.kind, note: `The outputs were taken to be ${link.kind}: the network ends in ${ending(link)}.` };
}

/** Whether a link makes distributions whatever the weights: a division by a sum does where nothing is negative. */
async function isDistribution({ observer }: LossEvidence, link: OutputLink): Promise<boolean> {
  if (!link.isDivision || link.kind !== "probabilities") return true;
  return isBounded(await observer.home()) && isBounded(await observer.elsewhere());
}

async function byValues(evidence: LossEvidence, axis: number, link: OutputLink | undefined): Promise<ChosenOutputKind> {
  const { observer, labels } = evidence;
  const home = await observer.home();
  const kind = distributionsAlong(home, axis);
  if (kind !== undefined) {
    const holds = distributionsAlong(await observer.elsewhere(), axis) === kind;
    const sum = kind === "probabilities" ? "add up to 1" : "are logarithms of numbers that add up to 1";
    if (holds)
      return {
        kind,
        note: `The outputs were taken to be ${kind}: they ${sum} on every example looked at, at other weights too. --output-kind logits takes them as logits.`,
      };
    if (isConstant(home, axis)) return { kind: "logits" };
    throw notClear(
      `The outputs could be ${kind} or logits: they ${sum} on every example looked at, but not at other weights.`,
      HINT,
      labels,
    );
  }
  if (link?.normalises)
    throw notClear(
      `The network ends in ${ending(link)}: its outputs are neither logits nor the ${link.kind} that ${link.name} makes.`,
      `Export the network without what is behind its ${link.name}; or say what the loss shall take them for: ${HINT}`,
      labels,
    );
  const likeness = likenessAlong(home, axis);
  if (likeness !== undefined && isSameLikeness(likeness, likenessAlong(await observer.elsewhere(), axis)))
    throw notClear(
      `The outputs are no logits, it seems: ${likeness.clause} on every example looked at, at other weights too. As they are they are no probabilities either.`,
      `Export the network without the last step that makes them so; or say what the loss shall take them for: ${HINT}`,
      labels,
    );
  if (!isBounded(home)) return asLogits(evidence, home, "the logarithms of a distribution");
  const elsewhere = await observer.elsewhere();
  if (isStill([home, elsewhere]))
    return {
      kind: "logits",
      note: "The outputs were taken to be logits: they are the same number on every example looked at, at other weights too, which tells nothing about them. --output-kind says it for certain.",
    };
  if (isBounded(elsewhere))
    throw bitsBesideClasses(
      evidence,
      "puts out numbers between 0 and 1 whatever its weights, which do not add up to 1",
    );
  return {
    kind: "logits",
    note: "The outputs were taken to be logits: they lie between 0 and 1 on the examples looked at, but do not add up to 1.",
  };
}

/** Logits, with a remark where nothing is ever above 0, as logarithms of probabilities are. */
async function asLogits(
  { observer }: LossEvidence,
  home: OutputSamples,
  logarithms: string,
): Promise<ChosenOutputKind> {
  const isNever = isNonPositive(home) && isNonPositive(await observer.elsewhere());
  if (!isNever || isStill([home, await observer.elsewhere()])) return { kind: "logits" };
  return {
    kind: "logits",
    warning: `The outputs were taken to be logits, but none is above 0 on the examples looked at, at other weights too: were they meant to be ${logarithms}, the loss is another. --output-kind logits says that they are logits.`,
  };
}

async function byBounds(evidence: LossEvidence): Promise<ChosenOutputKind> {
  const { observer } = evidence;
  const home = await observer.home();
  if (!isBounded(home)) return asLogits(evidence, home, "the logarithms of probabilities");
  const kind = isBounded(await observer.elsewhere()) ? "probabilities" : "logits";
  const because =
    kind === "probabilities"
      ? "they lie between 0 and 1 on every example looked at, at other weights too"
      : "they lie between 0 and 1 on the examples looked at, but not at other weights";
  return { kind, note: `The outputs were taken to be ${kind}: ${because}. --output-kind says it for certain.` };
}

function bitsBesideClasses({ labels }: LossEvidence, what: string) {
  return notClear(
    `The network ${what}, but cross-entropy over classes takes a distribution.`,
    "If each output is a yes or no of its own, give one-hot rows as labels, or --loss bce; --output-kind logits takes the outputs as logits of one softmax.",
    labels,
  );
}
