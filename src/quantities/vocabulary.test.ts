import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Vocabulary, wordsOf } from "./vocabulary.ts";

const shared = z.int().default(5).describe("how many");
const lines = z.object({ top: shared, points: z.int().default(41).describe("on a line") });
const surface = z.object({ top: shared, points: z.int().default(9).describe("on a side"), turns: z.int().default(1) });
const of = (name: string, parameters: z.ZodObject) => ({ name, words: wordsOf(parameters) });

describe("words", () => {
  const words = new Vocabulary([of("steep-lines", lines), of("surface", surface)]);

  it("that mean one thing stand for themselves, whoever has them", () => {
    expect(words.parameters.shape["top"]).toBe(shared);
    expect(words.read(lines, { top: 2 }).top).toBe(2);
    expect(words.read(surface, { top: 2, turns: 3 })).toEqual({ top: 2, points: 9, turns: 3 });
    const alone = new Vocabulary([of("steep-lines", lines)]);
    expect(alone.read(lines, { points: 7 })).toEqual({ top: 5, points: 7 });
  });

  it("that mean several are said with whose they are", () => {
    expect(Object.keys(words.parameters.shape)).toEqual([
      "top",
      "points",
      "steepLinesPoints",
      "surfacePoints",
      "turns",
    ]);
    const options = { steepLinesPoints: 3, surfacePoints: 4 };
    expect([words.read(lines, options).points, words.read(surface, options).points]).toEqual([3, 4]);
    expect(words.parameters.parse({})).toEqual({ top: 5, steepLinesPoints: 41, surfacePoints: 9, turns: 1 });
  });

  it("that mean several are refused where nobody says which", () => {
    expect(() => words.read(lines, { points: 3 })).toThrow(
      "--points means several things here: --steep-lines-points, --surface-points.",
    );
  });

  it("of one speaker mean one thing", () => {
    const twice = { name: "lines", words: [...wordsOf(lines), ...wordsOf(surface)] };
    expect(() => new Vocabulary([twice])).toThrow(/"points" stands for two parameters/);
  });
});
