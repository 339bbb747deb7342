import { fileURLToPath } from "node:url";

/** The path of a file in the package's assets/, from the sources and from the published build alike. */
export function assetPath(name: string): string {
  return fileURLToPath(new URL(`../../assets/${name}`, import.meta.url));
}
