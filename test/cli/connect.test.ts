import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/files/byte-source.ts";
import { readSafetensors } from "../../src/files/safetensors.ts";
import { commandLine, DIGITS } from "../support/command-line.ts";
import { openMeasured } from "../support/pair-problem.ts";

const { at, here } = commandLine();
const pair = (path: string) => fileURLToPath(new URL(`../pairs/${path}`, import.meta.url));
const mlp = [pair("mlp/a.onnx"), pair("mlp/b.npz"), "--data", pair("mlp/data.npz"), "--test", pair("mlp/test.npz")];

describe("connect", () => {
  it("says what parts two networks, and what alignment leaves of it; the aligned network is the other", async () => {
    const run = await here(["connect", ...mlp, "--align", "--points", "11", "--match-steps", "0", "-o", "pair"]);
    expect(run).toMatchObject({ code: 0 });
    const { result } = JSON.parse(readFileSync(at("pair/result.json"), "utf8"));
    expect(result.barrier.after.train).toBeLessThan(result.barrier.before.train / 2);
    expect(result.barrier.after.test).toBeLessThan(result.barrier.before.test / 2);
    expect(result.maxOutputDifference).toBeLessThan(1e-4);
    expect(run.out).toContain("On the line to the aligned network it rises");

    const again = await here([
      "connect",
      mlp[0],
      "pair/aligned.safetensors",
      ...mlp.slice(2),
      "--points",
      "11",
      "--json",
    ]);
    const { result: straight } = JSON.parse(again.out);
    expect(straight.barrier.before.train).toBeCloseTo(result.barrier.after.train, 3);
    expect(straight.barrier.after).toBeNull();
  }, 240_000);

  it("finds a curve round the barrier, with the same ends", async () => {
    await here(["connect", ...mlp, "--path", "bezier", "--points", "21", "-o", "bezier"]);
    const { result } = JSON.parse(readFileSync(at("bezier/result.json"), "utf8"));
    expect(result.barrier.after.train).toBeLessThan(0.1 * result.barrier.before.train);
    const [line, curve] = result.profiles;
    for (const at of [0, -1]) expect(curve.train.loss.at(at)).toBe(line.train.loss.at(at));

    // The bend is kept: with the ends it makes the same curve, (A + 2P + B)/4 half-way.
    expect(result.bends).toEqual(["bend-1.safetensors"]);
    const { problem, weights } = openMeasured("mlp", "data", 1e6);
    const bend = readSafetensors(bytesSource("bend", readFileSync(at("bezier/bend-1.safetensors"))));
    const [b, p] = [weights, new Map([...bend].map(([name, array]) => [name, array.read()]))].map((each) =>
      problem.space.flatten(each),
    );
    await using middle = problem.at(problem.point.parameters.map((x, i) => (x + 2 * p[i] + b[i]) / 4));
    const there = curve.train.loss[curve.t.indexOf(0.5)];
    expect(Math.abs((await middle.value()).loss / there - 1)).toBeLessThan(1e-5);
    await problem.close();
  }, 240_000);

  it("finds no barrier between a network and itself, with statistics taken anew at every point", async () => {
    const model = pair("resnet/a.onnx");
    const run = await here([
      "connect",
      model,
      model,
      "--data",
      pair("resnet/data.npz"),
      "--limit",
      "100",
      "--points",
      "3",
      "--json",
    ]);
    const { result } = JSON.parse(run.out);
    expect(result).toMatchObject({ estimatesStatistics: true, barrier: { before: { train: 0 } } });
  }, 240_000);

  it("gives no derivatives at the highest point where statistics are taken anew, and says of how many points it speaks", async () => {
    const [model, other] = [pair("resnet/a.onnx"), pair("resnet/b.npz")];
    const run = await here([
      "connect",
      model,
      other,
      "--data",
      pair("resnet/data.npz"),
      "--limit",
      "100",
      "--points",
      "5",
      "-o",
      "anew",
    ]);
    const { result } = JSON.parse(readFileSync(at("anew/result.json"), "utf8"));
    expect(result).toMatchObject({ estimatesStatistics: true, highest: null });
    const said = run.out.replaceAll(/\s+/g, " ");
    expect(said).toMatch(/the loss rises \S+ above the line between its ends, at the highest of \d+ points looked at/);
    expect(said).toContain("Slope and curvature at the highest point are not given");
  }, 240_000);

  it("refuses a network of another architecture in a sentence", async () => {
    const run = await here(["connect", mlp[0], DIGITS, ...mlp.slice(2)]);
    expect(run.code).toBe(3);
    expect(run.err.replaceAll(/\s+/g, " ")).toMatch(/error: \S+ is another network than \S+: \S+a.onnx lacks/);
  }, 240_000);
});
