import { Tensor } from "onnxruntime-common";
import { describe, expect, it } from "vitest";
import { FasterWay } from "./faster-way.ts";
import { SessionWays } from "./session-ways.ts";

/** Ways of so many calls, the time of each being `times` of its way. */
function waysOf(calls: number, times: (call: number) => readonly [number, number]) {
  const faster = new FasterWay();
  return Array.from({ length: calls }, (_, call) => {
    const way = faster.next;
    faster.took(way, times(call)[way]);
    return way;
  });
}

const share = (ways: readonly number[]) => ways.filter((way) => way === 1).length / ways.length;

describe("the faster of two ways", () => {
  it("is found, and kept to but for a seventeenth of the calls", () => {
    expect(share(waysOf(1000, () => [10, 8]))).toBeGreaterThan(0.95);
    expect(share(waysOf(1000, () => [10, 12]))).toBeLessThan(0.05);
    expect(share(waysOf(1000, () => [10, 10]))).toBeLessThan(0.05);
  });

  it("is found again when the machine gets other work", () => {
    const ways = waysOf(2000, (call) => (call < 1000 ? [10, 8] : [10, 20]));
    expect(share(ways.slice(0, 1000))).toBeGreaterThan(0.9);
    expect(share(ways.slice(1300))).toBeLessThan(0.1);
  });

  it("is not told by single calls that something else made long", () => {
    const ways = waysOf(1000, (call) => (call % 14 === 1 ? [10, 100] : [10, 8]));
    expect(share(ways.slice(0, 14))).toBe(0.5);
    expect(share(ways)).toBeGreaterThan(0.8);
  });
});

describe("a program in two ways", () => {
  /** Every second run is shorter. */
  const passesOf = (run: number) => ({ passes: new Tensor("int64", [run % 2 === 0 ? 64n : 40n], []) });

  /** Sessions whose runs take so long, on a clock of their own. */
  async function opened(passes: string | undefined, times: { readonly sleeping: number; readonly spinning: number }) {
    let now = 0;
    const [ran, released]: [string[], string[]] = [[], []];
    const ways = await SessionWays.open(
      (waiting) => {
        now += 50;
        const name = waiting.allow_spinning === "1" ? "spinning" : "sleeping";
        return Promise.resolve({
          run: ({ passes: given }) => {
            now += times[name] * Number(given.data[0]);
            ran.push(name);
            return Promise.resolve({});
          },
          release: () => Promise.resolve(void released.push(name)),
        });
      },
      { passes, clock: () => now },
    );
    return { ways, ran, released };
  }

  it("is opened in the second when it has run for long, and ends in both", async () => {
    const { ways, ran, released } = await opened("passes", { sleeping: 10, spinning: 8 });
    // 8 times the 50 milliseconds of its opening.
    await ways.run(passesOf(0));
    expect(ran).toEqual(["sleeping"]);
    for (let i = 0; i < 200; i++) await ways.run(passesOf(i));
    expect(new Set(ran.slice(-100))).toEqual(new Set(["spinning"]));
    await ways.release();
    expect(released).toEqual(["sleeping", "spinning"]);
  });

  it("stays in one where it may not", async () => {
    const { ways, ran, released } = await opened(undefined, { sleeping: 10, spinning: 1 });
    for (let i = 0; i < 300; i++) await ways.run(passesOf(i));
    expect(new Set(ran)).toEqual(new Set(["sleeping"]));
    await ways.release();
    expect(released).toEqual(["sleeping"]);
  });
});
