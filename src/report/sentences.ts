const SEGMENTER = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * The first sentence of a text and the rest.
 *
 * @example
 * firstSentence("λmax = 3.2. It bounds the step."); // ["λmax = 3.2.", "It bounds the step."]
 */
export function firstSentence(text: string): [first: string, rest: string] {
  const [first] = SEGMENTER.segment(text);
  if (first === undefined) return ["", ""];
  return [first.segment.trim(), text.slice(first.segment.length).trim()];
}
