/** Four digits, and no more zeros than they have: shortNumber(0.5) is "0.5". */
export function shortNumber(x: number): string {
  return String(Number(x.toPrecision(4)));
}
