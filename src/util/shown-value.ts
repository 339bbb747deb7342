/** Characters of a value that an error shows. */
const SHOWN = 60;

/** A value that somebody gave, as an error shows it. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return `"${shortened(value)}"`;
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "a function" : String(value);
  if (Array.isArray(value)) return `[${shortened(value.map(shownValue).join(", "))}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return "an object";
  const { name } = value.constructor;
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
