/** An example of a docstring and the function that it documents. */
export interface Example {
  readonly name: string;
  readonly code: string;
}

/** The functions that a file exports with a docstring, each with its example, which is empty where there is none. */
export function examplesOf(source: string): Example[] {
  const documented =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:(?:async )?function\*? (\w+)|const \{ definition: \w+, apply: (\w+) \})/g;
  return [...source.matchAll(documented)].map(([, doc, name, applied]) => {
    const [, example = ""] = doc.split("@example");
    return { name: name ?? applied, code: example.replace(/^\s*\* ?/gm, "") };
  });
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

/**
 * Runs an example among the given names: `expression; // → value` hands both to `compare`, everything else runs as it
 * stands.
 */
export async function runExample(
  code: string,
  names: Readonly<Record<string, unknown>>,
  compare: (found: unknown, expected: unknown) => unknown,
): Promise<void> {
  const executable = code.replace(/^(.*); \/\/ → (.*)$/gm, "await compare($1, $2);");
  await new AsyncFunction(...Object.keys(names), "compare", executable)(...Object.values(names), compare);
}
