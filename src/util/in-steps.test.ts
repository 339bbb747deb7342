import { afterEach, expect, test, vi } from "vitest";
import { inSteps } from "./in-steps.ts";

afterEach(() => void vi.useRealTimers());

test("lets others have the thread now and then, also where the clock of the day is set back", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const begun = performance.now();
  const others: number[] = [];
  setTimeout(() => others.push(performance.now()), 0);
  const steps = function* () {
    while (others.length === 0 && performance.now() - begun < 5000) {
      vi.setSystemTime(Date.now() - 60_000);
      yield 0;
    }
    return others.length === 1;
  };
  expect(await inSteps(steps(), {}, () => undefined)).toBe(true);
});

test("ends early where the time is up, and throws where the run is interrupted", async () => {
  const endless = function* () {
    for (let i = 0; ; i++) yield i;
  };
  const seen: number[] = [];
  const visit = (i: number) => void seen.push(i);
  expect(await inSteps(endless(), { outOfTime: () => seen.length === 3 }, visit)).toBeUndefined();
  expect(seen).toEqual([0, 1, 2]);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 0);
  await expect(inSteps(endless(), { signal: stop.signal }, () => undefined)).rejects.toMatchObject({
    kind: "interrupted",
  });
});
