/**
 * Steps per second and thread of optimisers on toys: `node bench/toy-steps.mjs`, after a build. Processor time, which what else the
 * machine does hardly changes.
 */
import { walkOf } from "../dist/optimizers/coordinate-walk.js";
import { OPTIMIZERS } from "../dist/optimizers/registry.js";
import { createRandom } from "../dist/random/random-stream.js";
import { TOYS } from "../dist/toys/registry.js";
import { runRace } from "../dist/dynamics/race/run-race.js";

const STEPS = 1_000_000;
const named = (all, name) => all.find((each) => each.name === name);

for (const toyName of ["rosenbrock", "quadratic", "flat"]) {
  for (const optimizer of OPTIMIZERS.filter(({ parameters }) => "lr" in parameters.shape)) {
    const toy = named(TOYS, toyName).with({});
    // Too small a step to get anywhere.
    const tuned = optimizer.with({ lr: 1e-9 });
    const start = Float64Array.of(0.3, 0.2);
    const walk = walkOf(tuned, { start, random: createRandom(1) });
    const limits = { steps: STEPS, tolerance: 1e-8 };
    const before = process.cpuUsage();
    const { steps } = runRace({ toy, told: toy, walk, start, limits, leavesSaddles: tuned.leavesSaddles });
    const { user, system } = process.cpuUsage(before);
    console.log(`${toyName} ${optimizer.name}: ${((steps / (user + system)) * 1e6).toExponential(2)} steps/s`);
  }
}
