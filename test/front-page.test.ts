import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { runProfile } from "../src/instruments/profile.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";

/*
 * What `npm start` shows, against another program: front-page/truth.py, dense, in float64, with NumPy alone. No
 * number may differ from it by more than the error that stands beside it.
 */

const TRUTH = z
  .object({
    loss: z.number(),
    accuracy: z.number(),
    gradientNorm: z.number(),
    top: z.array(z.number()),
    bottom: z.array(z.number()),
    trace: z.number(),
    frobenius: z.number(),
    stableRank: z.number(),
    eigenvalues: z.array(z.number()),
    gaussNewton: z.object({ top: z.number(), trace: z.number() }),
    residual: z.object({ top: z.number(), bottom: z.number(), trace: z.number() }),
    layers: z.record(z.string(), z.number()),
    lines: z.array(
      z.object({
        step: z.array(z.number()),
        loss: z.array(z.number()),
        gradientNorm: z.array(z.number()),
        gap: z.number(),
      }),
    ),
    noise: z.object({
      trace: z.number(),
      top: z.number(),
      sample: z.number(),
      cosine: z.number(),
      curvatureAlongNoise: z.number(),
      overlap: z.number(),
      shareOfTopTenth: z.number(),
    }),
  })
  .parse(JSON.parse(readFileSync(fileURLToPath(new URL("front-page/truth.json", import.meta.url)), "utf8")));

test("no number of the front page differs from the truth by more than its error", async () => {
  const model = fileURLToPath(new URL("../assets/digits.onnx", import.meta.url));
  const loaded = await loadProblem(model, { data: "digits", limit: 1437, threads: 2 });
  const { result } = await runProfile(loaded.problem, {}, createRandom(0), {});
  await loaded.close();
  const within = (name: string, value: number | null | undefined, truth: number, error: number | null | undefined) => {
    expect(Math.abs((value ?? Number.NaN) - truth), `${name}: ${value} against ${truth}`).toBeLessThanOrEqual(
      error ?? 0,
    );
  };
  const inside = (name: string, range: { lower: number; upper: number } | null | undefined, truth: number) => {
    expect(truth, name).toBeGreaterThanOrEqual(range?.lower ?? Number.NaN);
    expect(truth, name).toBeLessThanOrEqual(range?.upper ?? Number.NaN);
  };
  const { hessian, gaussNewton, residual, layers, noise, gradient } = result;
  within("loss", result.loss, TRUTH.loss, 1e-6 * TRUTH.loss);
  within("accuracy", result.accuracy, TRUTH.accuracy, 0);
  within("gradient", gradient?.norm, TRUTH.gradientNorm, gradient?.rounding);
  TRUTH.top.forEach((truth, i) => within(`top ${i}`, hessian.top?.[i].value, truth, hessian.top?.[i].residual));
  TRUTH.bottom.slice(0, 1).forEach((truth, i) => {
    within(`bottom ${i}`, hessian.bottom?.[i].value, truth, hessian.bottom?.[i].residual);
  });
  inside("trace", hessian.trace?.interval, TRUTH.trace);
  inside("Frobenius norm", hessian.frobenius?.interval, TRUTH.frobenius);
  within("stable rank", hessian.effectiveRank?.frobenius, TRUTH.stableRank, hessian.effectiveRank?.frobeniusError);
  within("λmax(G)", gaussNewton?.top?.[0].value, TRUTH.gaussNewton.top, gaussNewton?.top?.[0].residual);
  inside("tr G", gaussNewton?.trace?.interval, TRUTH.gaussNewton.trace);
  within("λmax(H − G)", residual?.top?.[0].value, TRUTH.residual.top, residual?.top?.[0].residual);
  within("λmin(H − G)", residual?.bottom?.[0].value, TRUTH.residual.bottom, residual?.bottom?.[0].residual);
  inside("tr(H − G)", residual?.trace?.interval, TRUTH.residual.trace);
  for (const { name, trace } of layers ?? []) inside(name, trace.interval, TRUTH.layers[name]);

  expect(result.lines?.map(({ direction }) => direction)).toEqual(["top", "bottom"]);
  result.lines?.forEach(({ direction, step, loss: losses, eigenvalue: { residual: error } }, k) => {
    const truth = TRUTH.lines[k];
    // Davis and Kahan: the eigenvector lies within this angle of the true one.
    const angle = error / (truth.gap - error);
    step.forEach((t, i) => {
      within(`step ${i}`, t, truth.step[i], 1e-5 * Math.abs(truth.step[i]));
      const turned = angle * Math.abs(t) * truth.gradientNorm[i];
      within(`loss along ${direction}, ${i}`, losses[i], truth.loss[i], turned + 1e-5 * truth.loss[i]);
    });
  });

  const zero = hessian.negativeShare?.threshold ?? 0;
  const share = (f: (value: number) => boolean) => TRUTH.eigenvalues.filter(f).length / TRUTH.eigenvalues.length;
  inside(
    "negatives",
    hessian.negativeShare?.interval,
    share((value) => value < -zero),
  );
  inside(
    "zeros",
    hessian.negativeShare?.zeroInterval,
    share((value) => Math.abs(value) <= zero),
  );
  expect(hessian.density?.exact).toBe(true);
  const least = TRUTH.eigenvalues.find((value) => value > 0) ?? Number.NaN;
  expect(hessian.condition?.bound).toBe("lower bound");
  expect(hessian.condition?.value).toBeLessThanOrEqual(TRUTH.top[0] / least);

  inside("tr Σ", noise?.trace.interval, TRUTH.noise.trace);
  within("λmax(Σ)", noise?.top?.[0].value, TRUTH.noise.top, noise?.top?.[0].residual);
  expect(noise?.criticalBatchSize?.about).toBe("sample");
  inside("critical batch size", noise?.criticalBatchSize?.interval, TRUTH.noise.sample);
  inside("cosine", noise?.alignment?.cosine.interval, TRUTH.noise.cosine);
  const { curvatureAlongNoise, curvatureAlongNoiseError, subspaceOverlap } = noise?.alignment ?? {};
  within(
    "curvature along the noise",
    curvatureAlongNoise,
    TRUTH.noise.curvatureAlongNoise,
    2 * (curvatureAlongNoiseError ?? 0),
  );
  within("overlap", subspaceOverlap, TRUTH.noise.overlap, 5e-5);
  within("share of a tenth", noise?.norms?.shareOfTopTenth, TRUTH.noise.shareOfTopTenth, 1e-5);
}, 120_000);
