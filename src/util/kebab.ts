/** A name as flags and files have it: kebab("batchSize") is "batch-size". */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What a parameter is called on the command line: flagOf("batchSize") is "--batch-size". */
export function flagOf(parameter: string): string {
  return `--${kebab(parameter)}`;
}
