/** An error in units of what is allowed: 0 of 0 is 0, and nothing is divided by nothing. */
export function shareOfAllowed(error: number, allowed: number): number {
  return error <= 0 ? 0 : error / (allowed + Number.MIN_VALUE);
}
