import { ThalwegError } from "../util/thalweg-error.ts";
import type { DatasetOptions, NamedArrays } from "./dataset.ts";
import { DEFAULT_INPUT, DEFAULT_LABEL, LABEL_NAMES, matchArrays, type MatchedArrays } from "./match-arrays.ts";

/**
 * {@link matchArrays} beside arrays that cannot be read, as the names of classes are. They are left where they lie if
 * every input and the labels have an array of their own name; where another would be taken for want of one, or none
 * fits, the one that cannot be read may be it, and its error is thrown.
 *
 * @throws ThalwegError `unsupported-npy-type`, and what matchArrays throws
 */
export function matchReadable(
  file: string,
  held: NamedArrays,
  label: string | undefined,
  options: DatasetOptions,
): MatchedArrays {
  const unreadable = held.unreadable ?? new Map<string, ThalwegError>();
  const [error] = unreadable.values();
  if (error === undefined) return matchArrays(file, held, label, options);
  const matched = matchedOr(error, () => matchArrays(file, held, label, options));
  const { inputs, labels } = matched;
  const ownInputs = inputs.every(
    ({ request, array }) =>
      array.name === request.name || (array.name === DEFAULT_INPUT && !unreadable.has(request.name)),
  );
  const isLabel = (name: string) => name === label || LABEL_NAMES.includes(name.toLowerCase());
  const ownLabels = labels !== undefined && isLabel(labels.name) && !unreadable.has(label ?? DEFAULT_LABEL);
  if (!ownInputs || !ownLabels) throw error;
  const names = [...unreadable.keys()].join(", ");
  return { ...matched, notes: [...matched.notes, `${file} holds ${names} too, no numbers, which nothing reads.`] };
}

function matchedOr(error: ThalwegError, match: () => MatchedArrays): MatchedArrays {
  try {
    return match();
  } catch (cause) {
    throw cause instanceof ThalwegError && cause.kind === "input" ? error : cause;
  }
}
