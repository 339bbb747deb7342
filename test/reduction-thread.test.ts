import { describe, expect, test } from "vitest";
import { reduceSymmetric, spectrumOf, toTheEnd } from "../src/linalg/symmetric-eigen.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { nodeRuntime } from "../src/runtime/node-runtime.ts";
import type { ReductionThread } from "../src/runtime/runtime.ts";
import { sharedNumbers } from "../src/util/shared-numbers.ts";

// Workers load built code; `npm test` builds first.
const workers = new URL("../dist/runtime/", import.meta.url);
const runtime = nodeRuntime({ threads: 2, workers });
const N = 300;

/** The reduction of a matrix in a thread that is open for it alone. */
async function reduced(...args: Parameters<ReductionThread["reduce"]>) {
  await using thread = runtime.openReduction?.();
  return await thread?.reduce(...args);
}

function matrix(): Float64Array {
  const a = createRandom(1).normalVector(N * N);
  // Rows of zeros are blocks of their own, and two larger ones stand beside each other.
  const isCoupled = (i: number, j: number) => i % 7 !== 0 && j % 7 !== 0 && i < 200 === j < 200;
  for (let i = 0; i < N; i++)
    for (let j = 0; j <= i; j++) a[i * N + j] = a[j * N + i] = isCoupled(i, j) ? a[i * N + j] : 0;
  return a;
}

describe("a matrix that is reduced in a thread of its own", () => {
  test.each([
    ["shared", true],
    ["private", false],
  ])(
    "in %s memory has the spectrum and the vectors that it has here, to the last bit, and is left as it is",
    async (_, isShared) => {
      const a = isShared ? sharedNumbers(N * N) : new Float64Array(N * N);
      expect(a.buffer).toBeInstanceOf(isShared ? SharedArrayBuffer : ArrayBuffer);
      a.set(matrix());
      const shares: number[] = [];
      const reduction = await reduced(a, N, (share) => shares.push(share) > 0);
      expect([...a]).toEqual([...matrix()]);
      const [there, here] = [reduction ?? [], toTheEnd(reduceSymmetric(a, N))].map((parts) => spectrumOf(parts, N));
      expect(there.values).toEqual(here.values);
      const places = [0, 1, N - 1, N - 2, 150];
      expect([...there.vectorsAt(places)]).toEqual([...here.vectorsAt(places)]);
      expect(shares.length).toBeGreaterThan(5);
      expect(shares).toEqual(shares.toSorted((x, y) => x - y));
    },
  );

  test("is left where it is when it is not wanted any more", async () => {
    expect(await reduced(matrix(), N, () => false)).toBeUndefined();
    const failing = reduced(matrix(), N, () => {
      throw new RangeError("enough");
    });
    await expect(failing).rejects.toThrow("enough");
  });

  test("tells what is wrong with it", async () => {
    await expect(reduced(new Float64Array(5), 2, () => true)).rejects.toMatchObject({
      code: "matrix-size",
      kind: "internal",
    });
  });

  test("waits for it, and may end without one", async () => {
    const thread = runtime.openReduction?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await thread?.[Symbol.asyncDispose]();
    await expect(thread?.reduce(matrix(), N, () => true)).rejects.toMatchObject({ code: "thread-ended" });
  });

  test("has no such thread where one thread is asked for", () => {
    expect(nodeRuntime({ threads: 1, workers }).openReduction).toBeUndefined();
  });
});
