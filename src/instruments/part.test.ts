import { describe, expect, it } from "vitest";
import { z } from "zod";
import { about, aboutOf, unstated } from "../result/known.ts";
import { extended, real } from "../result/real.ts";
import { encodePart, joinParts, mergeParts } from "./part.ts";

const first = z.object({ loss: real });
const last = z.object({ products: z.number() });
const owners = [
  { name: "ends", part: { hessian: z.object({ top: real.nullable() }) } },
  { name: "sums", part: { hessian: z.object({ trace: real.nullable() }), total: real.nullable() } },
] as const;

describe("merging parts", () => {
  const merged = mergeParts(first, owners, last);

  it("reads what is missing as null, also within a shared key", () => {
    expect(merged.parse({ loss: 1, products: 2 })).toEqual({
      loss: 1,
      hessian: { top: null, trace: null },
      total: null,
      products: 2,
    });
    expect(merged.parse({ loss: 1, hessian: { trace: "NaN" }, products: 2 })).toMatchObject({
      hessian: { top: null, trace: Number.NaN },
    });
  });

  it("says whose each number is", () => {
    if (!(merged instanceof z.ZodObject)) throw new Error("no object");
    const { hessian, total } = merged.shape;
    expect(aboutOf(total)).toMatchObject({ instrument: "sums" });
    const inner = hessian instanceof z.ZodDefault ? hessian.unwrap() : hessian;
    if (!(inner instanceof z.ZodObject)) throw new Error("no object");
    expect([aboutOf(inner.shape.top), aboutOf(inner.shape.trace)]).toMatchObject([
      { instrument: "ends" },
      { instrument: "sums" },
    ]);
  });

  it("joins what the owners of a shared key say of its numbers", () => {
    const shared = (key: string) =>
      about(z.object({ [key]: real.nullable() }), { members: () => ({ [key]: unstated(7) }) });
    const both = mergeParts(
      first,
      [
        { name: "one", part: { hessian: shared("a") } },
        { name: "two", part: { hessian: shared("b") } },
      ],
      last,
    );
    if (!(both instanceof z.ZodObject)) throw new Error("no object");
    const { hessian } = both.shape;
    const inner = hessian instanceof z.ZodDefault ? hessian.unwrap() : hessian;
    expect(aboutOf(inner)?.members?.({}, {})).toEqual({ a: unstated(7), b: unstated(7) });
  });

  it("refuses a key with two owners", () => {
    const twice = [
      { name: "one", part: { total: real.nullable() } },
      { name: "two", part: { total: real.nullable() } },
    ];
    expect(() => mergeParts(first, twice, last)).toThrow(
      /"total" in the result is owned twice: by the instruments one and two/,
    );
    const own = [{ name: "one", part: { products: real.nullable() } }];
    expect(() => mergeParts(first, own, last)).toThrow(/"products" .* by the instrument one and every result/);
  });
});

describe("what is kept of a measurement", () => {
  const part = { hessian: z.object({ top: real.nullable(), error: extended.nullable() }), total: real.nullable() };

  it("is all of it, infinite where its schema provides for that", () => {
    const values = { hessian: { top: 1, error: Number.POSITIVE_INFINITY }, total: 2 };
    expect(encodePart(part, values, true)).toEqual({ hessian: { top: 1, error: "Infinity" }, total: 2 });
  });

  it("is nothing where a number is none", () => {
    const values = { hessian: { top: Number.NaN, error: 0 }, total: 2 };
    expect(() => encodePart(part, values, true)).toThrow(/"hessian.top" came out as NaN/);
  });

  it("is what has numbers where it was cut off", () => {
    const values = { hessian: { top: Number.NaN, error: 0 }, total: Number.POSITIVE_INFINITY };
    expect(encodePart(part, values, false)).toEqual({ hessian: { error: 0 } });
    const none = { hessian: { top: Number.NaN, error: Number.NaN }, total: Number.NaN };
    expect(encodePart(part, none, false)).toBeUndefined();
  });

  it("joins with what others measured under a shared key", () => {
    expect(joinParts({ hessian: { top: 1 }, total: 2 }, { hessian: { trace: 3 }, layers: [] })).toEqual({
      hessian: { top: 1, trace: 3 },
      total: 2,
      layers: [],
    });
  });
});
