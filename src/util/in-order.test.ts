import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inOrder } from "./in-order.ts";

describe("inOrder", () => {
  test("finishes in order, whatever ends first, with no more under way than allowed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 })),
        fc.integer({ min: 1, max: 4 }),
        async (delays, limit) => {
          const finished: number[] = [];
          let running = 0;
          let most = 0;
          await inOrder(delays.keys(), limit, async (i) => {
            most = Math.max(most, ++running);
            for (let turn = 0; turn < delays[i]; turn++) await Promise.resolve();
            running--;
            return () => finished.push(i);
          });
          expect(finished).toEqual([...delays.keys()]);
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });

  test("throws the first error when nothing is under way any more", async () => {
    let running = 0;
    const work = inOrder([1, 2, 3, 4], 2, async (thing) => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, thing));
      running--;
      if (thing >= 2) throw new Error(`thing ${thing}`);
      return () => undefined;
    });
    await expect(work).rejects.toThrow("thing 2");
    expect(running).toBe(0);
  });
});
