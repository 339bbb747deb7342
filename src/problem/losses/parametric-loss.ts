import { z } from "zod";
import { expectationOf } from "../../util/expectation-of.ts";
import { shownValue } from "../../util/shown-value.ts";
import { ThalwegError } from "../../util/thalweg-error.ts";
import type { Loss } from "./loss.ts";

/** A loss with numbers of its own, at their defaults; `configured` gives it with others. */
export function parametricLoss<S extends z.core.$ZodShape>(
  parameters: z.ZodObject<S>,
  make: (values: z.output<z.ZodObject<S>>) => Loss,
): Loss {
  const configured = (values: Readonly<Record<string, unknown>>): Loss => ({
    ...make(parameters.parse(values)),
    parameters,
    configured,
  });
  return configured({});
}

/**
 * A loss with the options that were given for it, as `NAME=VALUE`.
 *
 * @throws ThalwegError `bad-loss-option` for what the loss does not have or does not take, and what is given twice
 *
 * @example
 * configuredLoss(huber, ["delta=0.5"]).title; // "Huber (δ = 0.5)"
 */
export function configuredLoss(loss: Loss, options: readonly string[]): Loss {
  if (options.length === 0) return loss;
  const values: Record<string, unknown> = {};
  for (const option of joined(options)) {
    const [, name = "", text = ""] = /^([^=]*)=(.*)$/su.exec(option) ?? [];
    if (!loss.parameters || !Object.keys(loss.parameters.shape).includes(name)) {
      const known = Object.keys(loss.parameters?.shape ?? {});
      throw badOption(
        `The loss ${loss.name} has no option "${option}".`,
        known.length > 0 ? `Give ${known.map((each) => `${each}=VALUE`).join(" or ")}.` : "It has no options.",
      );
    }
    if (Object.hasOwn(values, name))
      throw badOption(`The option ${name} of the loss ${loss.name} is given twice.`, "Give one value.");
    values[name] = text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
  }
  const parsed = loss.parameters?.safeParse(values);
  if (parsed?.success === false) {
    const [issue] = parsed.error.issues;
    const [name, place] = issue.path;
    const given = values[String(name)];
    const [what, value] =
      typeof place === "number"
        ? [`Number ${place + 1} of the option`, String(given).split(",")[place]]
        : ["The option", given];
    throw badOption(
      `${what} ${String(name)} of the loss ${loss.name} is ${shownValue(value)}; ${expectationOf(issue)}.`,
    );
  }
  return loss.configured?.(values) ?? loss;
}

/** A list of numbers behind one name, as a command line takes it apart at its commas, in one piece. */
function joined(options: readonly string[]): string[] {
  const whole: string[] = [];
  for (const option of options) {
    const before = whole.pop();
    if (before === undefined) whole.push(option);
    else if (option.includes("=")) whole.push(before, option);
    else whole.push(`${before},${option}`);
  }
  return whole;
}

function badOption(message: string, hint?: string): ThalwegError {
  return new ThalwegError({ kind: "usage", code: "bad-loss-option", message, hint });
}

/**
 * A list of numbers among the options of a loss, as text with commas between; empty by default.
 *
 * @example
 * numberList(z.number()).parse("1, 2.5"); // [1, 2.5]
 */
export function numberList(each: z.ZodNumber): z.ZodDefault<z.ZodPreprocess<z.ZodArray<z.ZodNumber>>> {
  const numbers = (given: unknown) =>
    typeof given === "string"
      ? given.split(",").map((text) => (text.trim() === "" ? Number.NaN : Number(text)))
      : typeof given === "number"
        ? [given]
        : given;
  return z.preprocess(numbers, z.array(each)).default([]);
}

/**
 * Numbers for a title: all of a few; of many the first ones, with what tells the list from others.
 *
 * @example
 * shownNumbers([1, 2.5]); // "1, 2.5"
 */
export function shownNumbers(numbers: readonly number[]): string {
  if (numbers.length <= 12) return numbers.join(", ");
  const moment = numbers.reduce((sum, x, i) => sum + (i + 1) * x, 0);
  return `${numbers.slice(0, 6).join(", ")}, … (${numbers.length} numbers, Σ i wᵢ = ${moment})`;
}
