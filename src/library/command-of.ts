import { kebab } from "../util/kebab.ts";

/**
 * The command line that asks for the same.
 *
 * @example
 * commandOf("profile", "model.onnx", { data: "digits", only: ["loss", "noise"] }); // ["profile", "model.onnx", "--data", "digits", …]
 */
export function commandOf(verb: string, model: string, options: Readonly<Record<string, unknown>>): string[] {
  return [verb, model, ...Object.entries(options).flatMap(([name, value]) => flag(kebab(name), value))];
}

function flag(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === "boolean") return [value ? `--${name}` : `--no-${name}`];
  // A comma that belongs to a name does not end it.
  const items: unknown[] = Array.isArray(value) ? value.map((each) => String(each).replaceAll(",", "\\,")) : [value];
  const text = items.join(",");
  return text.startsWith("-") ? [`--${name}=${text}`] : [`--${name}`, text];
}
