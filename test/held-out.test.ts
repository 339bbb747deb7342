import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { saveWeights } from "../src/index.ts";
import { planOf } from "../src/experiments/profile.ts";
import { encodeNpz } from "../src/files/npz.ts";
import { runProfile } from "../src/instruments/profile.ts";
import { loadProblem } from "../src/load/load-problem.ts";
import { createRandom } from "../src/random/random-stream.ts";
import { formatNumber } from "../src/util/format-number.ts";
import { type Tensor, tensor } from "../src/util/tensor.ts";

const DIGITS = new URL("../assets/digits.onnx", import.meta.url).pathname;
const FOLDER = mkdtempSync(join(tmpdir(), "held-out-"));
const at = (name: string) => join(FOLDER, name);

/** The digits that the network has not seen, in a file of their own. */
async function unseen(name: string, factor = 1) {
  const all = await loadProblem(DIGITS, { data: "digits" });
  const { inputs, y } = all.dataset.batch(1437, all.dataset.examples);
  const [x] = Object.values(inputs);
  const pixels = Float32Array.from(x.data, (value) => factor * value);
  writeFileSync(
    at(name),
    encodeNpz([
      ["x", tensor("float32", x.shape, pixels)],
      ["y", y],
    ]),
  );
  await all.close();
  return at(name);
}

describe("held-out examples", async () => {
  const test = await unseen("unseen.npz");
  const loaded = await loadProblem(DIGITS, { data: "digits", limit: 1437, test, l2: 0.01 });
  afterAll(() => loaded.close());

  it("have the loss and the accuracy that they have as data, and the standard error of a mean", async () => {
    const { result } = await runProfile(loaded.problem, { only: "held-out" }, createRandom(0), {});
    const alone = await loadProblem(DIGITS, { data: test, l2: 0.01 });
    const { loss, accuracy } = await alone.problem.point.value();
    const losses = await alone.problem.point.exampleLosses();
    await alone.close();
    const n = losses.length;
    const mean = losses.reduce((sum, x) => sum + x, 0) / n;
    const deviation = Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
    expect(result.heldOut).toMatchObject({ accuracy, data: { examples: 360 } });
    expect(result.heldOut?.loss).toBeCloseTo(loss, 7);
    expect(result.heldOut?.lossError).toBeCloseTo(deviation / Math.sqrt(n), 6);
    expect(result.heldOut?.gap).toBeCloseTo(loss - result.loss, 7);
    expect(result.verdicts).toMatchObject([{ text: expect.stringMatching(/^The loss is higher on 360 held-out/) }]);
  });

  it("are not compared with the data where the loss is a sum, nor told apart within rounding", async () => {
    const summed = await loadProblem(DIGITS, { data: "digits", limit: 100, test, reduction: "sum" });
    const { result } = await runProfile(summed.problem, { only: "held-out" }, createRandom(0), {});
    await summed.close();
    expect(result.heldOut).toMatchObject({ gap: null, gapError: null });
    expect(result.heldOut?.loss).toBeGreaterThan(10);
    expect(result.verdicts).toEqual([]);
    // The same examples, twice: their losses are the same up to rounding, and spread is all that there is.
    const same = await loadProblem(DIGITS, { data: test, test });
    const again = await runProfile(same.problem, { only: "held-out" }, createRandom(0), {});
    await same.close();
    expect(again.result.verdicts).toMatchObject([{ text: expect.stringMatching(/^Not decided/) }]);
    expect(again.result.heldOut?.gapError).toBeGreaterThan(1.96 * (again.result.heldOut?.lossError ?? Number.NaN));
  });

  it("are no worse by what rounding leaves, where the spread of their losses is rounding too", async () => {
    // A head of zeros: every loss is ln 10.
    const nought = at("nought.safetensors");
    saveWeights(nought, loaded.problem, new Float64Array(loaded.problem.space.dimension));
    const blank = await loadProblem(DIGITS, { data: "digits", limit: 200, test, weights: nought });
    const { result } = await runProfile(blank.problem, { only: "held-out" }, createRandom(0), {});
    await blank.close();
    const { loss = Number.NaN, rounding = 0, gapError } = result.heldOut ?? {};
    expect(Math.abs(loss - Math.log(10))).toBeLessThanOrEqual(rounding);
    expect(gapError).toBeGreaterThanOrEqual(rounding);
    expect(result.verdicts).toMatchObject([{ text: expect.stringMatching(/^Not decided/) }]);
  });

  it("are measured by every run that has them, and by no other", async () => {
    const names = async (problem: typeof loaded.problem) =>
      (
        await runProfile(problem, { exactLimit: 0, top: 1, bottom: 1 }, createRandom(0), { outOfTime: () => true })
      ).result.sections.map(({ instrument }) => instrument);
    expect(await names(loaded.problem)).toContain("held-out");
    const without = await loadProblem(DIGITS, { data: "digits", limit: 100 });
    expect(await names(without.problem)).not.toContain("held-out");
    const { result } = await runProfile(without.problem, { only: "held-out" }, createRandom(0), {});
    await without.close();
    expect(result.sections).toMatchObject([{ status: "skipped", reason: expect.stringContaining("--test") }]);
  });

  it("that nothing reads of what was chosen are warned of", () => {
    const warnings = (only?: string[]) => planOf(loaded.problem, { ...(only && { only }), top: 1 }, {}, 1).warnings;
    expect(warnings(["trace"])).toEqual([expect.stringMatching(/reads --test: name held-out in --only/)]);
    expect(warnings(["trace", "held-out"])).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  it("in other units are warned of", async () => {
    const other = await loadProblem(DIGITS, { data: "digits", test: await unseen("bytes.npz", 16) });
    await other.close();
    expect(other.warnings.join()).toMatch(/reach 16 in the held-out examples and 1 in the data/);
  });

  it("have the same numbers whatever form their labels are in, which is said", async () => {
    const unread = await loadProblem(DIGITS, { data: test });
    const { inputs, y } = unread.dataset.batch(0, unread.dataset.examples);
    await unread.close();
    const [x] = Object.values(inputs);
    const rows = new Float32Array(y.data.length * 10);
    y.data.forEach((label, i) => (rows[10 * i + label] = 1));
    for (const [form, labels] of [
      ["float64 [N]", tensor("float64", y.shape, Float64Array.from(y.data))],
      ["int64 [N, 1]", tensor("int64", [...y.shape, 1], y.data)],
      ["float32 [N, 10]", tensor("float32", [...y.shape, 10], rows)],
    ] as const) {
      writeFileSync(
        at("form.npz"),
        encodeNpz([
          ["x", x],
          ["y", labels],
        ]),
      );
      const other = await loadProblem(DIGITS, { data: "digits", limit: 1437, test: at("form.npz"), l2: 0.01 });
      const [theirs, ours] = await Promise.all(
        [other, loaded].map((each) => runProfile(each.problem, { only: "held-out" }, createRandom(0), {})),
      );
      await other.close();
      expect(other.notes.join()).toContain(`are stored as ${form}; they were read as int64 [N]`);
      expect({ ...theirs.result.heldOut, data: null }).toEqual({ ...ours.result.heldOut, data: null });
    }
  });

  it("that are examples of the data are warned of, in any order and type, other parts of one set are not", async () => {
    const warnings = async (data: string, heldOut: string, limit?: number) => {
      const other = await loadProblem(DIGITS, { data, test: heldOut, limit });
      await other.close();
      return other.warnings.join();
    };
    expect(await warnings(test, test)).toMatch(/^All 360 held-out examples are in the data too/);
    expect(await warnings(test, test, 9)).toMatch(/^9 of the 360 held-out examples are in the data too.* other 351 /);
    expect(await warnings("digits", test)).toMatch(/^All 360 held-out examples are in the data too/);
    expect(await warnings("digits", test, 1437)).toBe("");
    const { inputs, y } = loaded.problem.heldOut?.batch(0, 4) ?? loaded.dataset.batch(0, 0);
    const [x] = Object.values(inputs);
    const turned = (rows: Tensor) => {
      const each = rows.data.length / 4;
      const order = [2, 0, 3, 1].flatMap((row) => Array.from(rows.data.slice(row * each, (row + 1) * each)));
      return tensor("float64", rows.shape, Float64Array.from(order));
    };
    writeFileSync(
      at("turned.npz"),
      encodeNpz([
        ["x", turned(x)],
        ["y", turned(y)],
      ]),
    );
    expect(await warnings(test, at("turned.npz"))).toMatch(/^All 4 held-out examples are in the data too/);
  });

  it("that are examples of the data are not called too few", async () => {
    const other = await loadProblem(DIGITS, { data: test, test, limit: 360 });
    const { verdicts, heldOut } = (await runProfile(other.problem, { only: "held-out" }, createRandom(0), {})).result;
    await other.close();
    expect(heldOut?.data.ofTheData).toBe(true);
    expect(verdicts.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Not decided.* Examples that are not in the data would decide it\.$/),
    ]);
  });

  it("have one ± beside their gap, and an interval that is called one", async () => {
    const few = await loadProblem(DIGITS, { data: "digits", limit: 3, test });
    const { heldOut, sections, verdicts } = (await runProfile(few.problem, { only: "held-out" }, createRandom(0), {}))
      .result;
    await few.close();
    const { gap, gapError } = heldOut ?? {};
    if (typeof gap !== "number" || typeof gapError !== "number") throw new Error("no gap");
    const interval = `${formatNumber(gap - gapError)} to ${formatNumber(gap + gapError)}`;
    const reading = sections[0].readings?.find(({ label }) => label === "Generalisation gap");
    expect(reading?.note).toContain(`± one standard error over the draw of examples; 95 % interval ${interval}`);
    expect(verdicts.map(({ text }) => text).join()).not.toMatch(/gap = .*±/);
  });

  it("of one example have neither a plural nor an error", async () => {
    const { inputs, y } = loaded.dataset.batch(0, 1);
    writeFileSync(
      at("one.npz"),
      encodeNpz([
        ["x", Object.values(inputs)[0]],
        ["y", y],
      ]),
    );
    const one = await loadProblem(DIGITS, { data: "digits", limit: 100, test: at("one.npz") });
    const { result } = await runProfile(one.problem, { only: "held-out" }, createRandom(0), {});
    await one.close();
    const words = JSON.stringify(result.sections);
    expect(words).toContain("on 1 example of");
    expect(words).not.toMatch(/1 examples|± one|1 held-out examples/);
  });

  it("of classes with names are read by them, and with other classes refused", async () => {
    const row = (name: string) => `${Array.from({ length: 64 }, () => "0.5").join(",")},${name}\n`;
    const head = `${Array.from({ length: 64 }, (_, i) => `p${i}`).join(",")},y\n`;
    const classes = Array.from({ length: 10 }, (_, i) => `class ${"abcdefghij"[i]}`);
    writeFileSync(at("ten.csv"), head + classes.map(row).join(""));
    writeFileSync(at("nine.csv"), head + classes.slice(1).map(row).join(""));
    const fewer = await loadProblem(DIGITS, { data: at("ten.csv"), test: at("nine.csv") });
    expect([...(fewer.problem.heldOut?.y(0, 9).data ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await fewer.close();
    writeFileSync(at("nine.csv"), head + classes.slice(1).map(row).join("") + row("class z"));
    await expect(loadProblem(DIGITS, { data: at("ten.csv"), test: at("nine.csv") })).rejects.toThrow(
      /classes of the data are class a, .* would have other numbers/,
    );
  });
});
