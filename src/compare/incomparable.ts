import type { Frame } from "../result/envelope.ts";

/** Something that two results must have alike for their numbers to speak of the same thing. */
interface Aspect {
  /** As a sentence begins: "The data differ". */
  readonly says: string;
  /** What must be alike, as a reader recognises it; undefined where the result does not say, and so cannot contradict. */
  of(document: Frame): string | undefined;
  /** What is shown of it, where that is not the whole. */
  shown?(document: Frame): string;
}

/** A flag of the run, where it was given. */
function flag(name: string): (document: Frame) => string | undefined {
  return ({ config }) => (Object.hasOwn(config, name) ? JSON.stringify(config[name]) : undefined);
}

/** The same, where leaving it out means something of its own. */
function flagOrNone(name: string): (document: Frame) => string {
  return (document) => flag(name)(document) ?? "not given";
}

const ASPECTS: readonly Aspect[] = [
  {
    says: "They were measured on different data",
    of: ({ data }) => data?.sha256 ?? "none",
    shown: ({ data }) => (data ? `${data.path} (${data.sha256.slice(0, 8)}…)` : "none"),
  },
  {
    says: "They use other numbers of examples (--limit)",
    of: ({ data }) => (data && String(data.examples)) || undefined,
  },
  { says: "Their losses differ", of: ({ loss }) => loss?.name ?? "none" },
  { says: "Their losses have other options (--loss-option)", of: ({ loss }) => loss?.title },
  { says: "The terms of the loss are put together otherwise (--reduction)", of: ({ loss }) => loss?.reduction },
  { says: "Other numbers of terms count in the loss", of: ({ loss }) => (loss && String(loss.terms)) || undefined },
  { says: "Their L2 terms differ (--l2)", of: ({ loss }) => (loss && String(loss.l2)) || undefined },
  { says: "They read another output of the model (--output)", of: flagOrNone("output") },
  { says: "The outputs are read as something else (--output-kind)", of: flag("outputKind") },
  { says: "The classes lie on other axes (--class-axis)", of: flag("classAxis") },
  { says: "Normalisation has other statistics (--bn)", of: flagOrNone("bn") },
  { says: "Other nodes are held constant (--freeze)", of: flagOrNone("freeze") },
  {
    says: "Their parameters differ in names or shapes",
    of: (document) => [...tensorsOf(document)].toSorted((a, b) => a.localeCompare(b)).join(),
    shown: parametersOf,
  },
];

function parametersOf({ model }: Frame): string {
  if (!model) return "none";
  const { tensors, parameters } = model;
  return `${parameters} in ${tensors.length} ${tensors.length === 1 ? "tensor" : "tensors"}`;
}

/**
 * Why the numbers of two results do not speak of the same thing: a sentence without full stop for each reason, none
 * where they do.
 *
 * @param names what the sentences call the two
 */
export function incomparable(first: Frame, second: Frame, names: readonly [string, string]): string[] {
  return ASPECTS.flatMap(({ says, of, shown }) => {
    const [a, b] = [of(first), of(second)];
    if (a === undefined || b === undefined || a === b) return [];
    const [from, to] = [shown?.(first) ?? a, shown?.(second) ?? b];
    const detail = from === to ? firstOther(first, second, names) : `${from} in ${names[0]}, ${to} in ${names[1]}`;
    return [`${says}: ${detail}`];
  });
}

/** The first parameter that only one of them has so. */
function firstOther(first: Frame, second: Frame, [a, b]: readonly [string, string]): string {
  const [from, to] = [tensorsOf(first), tensorsOf(second)];
  const only = [...from].find((each) => !to.has(each));
  const other = [...to].find((each) => !from.has(each));
  return [only && `${only} is in ${a} alone`, other && `${other} in ${b} alone`].filter(Boolean).join(", ");
}

/** The parameters by name and shape, as a sentence names them. */
function tensorsOf({ model }: Frame): ReadonlySet<string> {
  return new Set((model?.tensors ?? []).map(({ name, shape }) => `"${name}" of shape [${shape.join(", ")}]`));
}
