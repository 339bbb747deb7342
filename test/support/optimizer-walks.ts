import { expect } from "vitest";
import { dot } from "../../src/linalg/vector.ts";
import { runRace } from "../../src/dynamics/race/run-race.ts";
import { walkOf } from "../../src/optimizers/coordinate-walk.ts";
import type { Objective } from "../../src/optimizers/objective.ts";
import { OPTIMIZERS } from "../../src/optimizers/registry.ts";
import { follow, type Query } from "../../src/optimizers/walk.ts";
import { createRandom, type RandomStream } from "../../src/random/random-stream.ts";
import { TOYS } from "../../src/toys/registry.ts";
import { readSpecification } from "../../src/util/specification.ts";

export function toyOf(text: string) {
  const { chosen, options } = readSpecification("toy", text, TOYS);
  return chosen.with(options);
}

export function tunedOf(text: string) {
  const { chosen, options } = readSpecification("optimiser", text, OPTIMIZERS);
  return chosen.with(options);
}

/** Steps until the goal of a toy. */
export function stepsTo(
  toy: string,
  optimizer: string,
  at: readonly number[],
  most = 1_000_000,
  own: RandomStream = createRandom(5),
) {
  const start = Float64Array.from(at);
  const f = toyOf(toy);
  const tuned = tunedOf(optimizer);
  const walk = walkOf(tuned, { start, random: own });
  const { leavesSaddles } = tuned;
  const { end, steps } = runRace({
    toy: f,
    told: f,
    walk,
    start,
    limits: { steps: most, tolerance: 0 },
    leavesSaddles,
  });
  expect(`${optimizer}: ${end}`).toBe(`${optimizer}: reached`);
  return steps;
}

/** Where an optimiser is after each step. */
export function placesOf(f: Objective, optimizer: string, at: readonly number[], steps: number): Float64Array[] {
  const places: Float64Array[] = [];
  follow(f, walkOf(tunedOf(optimizer), { start: Float64Array.from(at), random: createRandom(5) }), (weights) => {
    places.push(weights.slice());
    return places.length >= steps;
  });
  return places;
}

/** What comes of queries to a function. */
export function answered<T>(f: Objective, queries: Generator<Query, T>): T {
  for (let next = queries.next(); ; next = queries.next()) {
    if (next.done === true) return next.value;
    const query = next.value;
    if (query.kind === "gradient") f.gradient(query.at, query.found);
    else if (query.kind === "product") f.hessianVector(query.at, query.vector, query.found);
    else if (query.kind === "value") query.found = f.value(query.at);
  }
}

/** ½xᵀAx + gᵀx. */
export function quadraticOf(matrix: Float64Array, n: number, g?: Float64Array): Objective {
  const times = (v: Float64Array, into: Float64Array) =>
    v.forEach((_, i) => (into[i] = dot(matrix.subarray(i * n, (i + 1) * n), v)));
  return {
    dimension: n,
    value(x) {
      const image = new Float64Array(n);
      times(x, image);
      return dot(x, image) / 2 + (g === undefined ? 0 : dot(g, x));
    },
    gradient(x, into) {
      times(x, into);
      g?.forEach((each, i) => (into[i] += each));
    },
    hessianVector: (_x, v, into) => times(v, into),
  };
}

/** A symmetric matrix with normal entries. */
export function symmetric(n: number, own: RandomStream): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = own.normal();
  return matrix;
}
