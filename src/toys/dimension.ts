import { z } from "zod";

/** How many coordinates a toy has. */
export function dimension(usual: number, least: number) {
  return z.int().min(least).max(1_000_000).default(usual).describe("dimensions n");
}
