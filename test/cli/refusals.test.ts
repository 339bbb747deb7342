import { describe, expect, it } from "vitest";
import { commandLine, DIGITS } from "../support/command-line.ts";

const { thalweg, here, listing } = commandLine();

/** [what, arguments, exit code, what the message must say] */
const REFUSED: readonly (readonly [string, readonly string[], 2 | 3, RegExp])[] = [
  ["a toy that there is not", ["race", "sadle"], 2, /no toy "sadle".*Did you mean saddle/s],
  [
    "an optimiser that there is not",
    ["race", "saddle", "--optimizers", "adma"],
    2,
    /no optimiser "adma".*Did you mean adam/,
  ],
  [
    "a number that a toy does not have",
    ["race", "saddle:gama=2"],
    2,
    /saddle has no option "gama".*Did you mean gamma/,
  ],
  [
    "a network for a claim that is about none",
    ["claim", "B1", "--model", DIGITS, "--data", "good.npz"],
    2,
    /B1 cannot be put to a network: it is about none/,
  ],
  [
    "a network for a claim that has no law of one",
    ["claim", "F13", "--model", DIGITS, "--data", "good.npz"],
    2,
    /F13 cannot be put to a network: it is a law of the parabola.*Those that can: A1/s,
  ],
  ["no dimensions", ["race", "rosenbrock:0"], 2, /option n of rosenbrock is 0/],
  ["a step size of zero", ["race", "saddle", "--optimizers", "gd:0"], 2, /option lr of gd is 0/],
  ["a step size that is no number", ["race", "saddle", "--optimizers", "gd:lr=NaN"], 2, /option lr of gd is NaN/],
  ["a negative --lr", ["race", "saddle", "--lr", "-1"], 2, /--lr/],
  ["a cut model", ["profile", "cut.onnx", "--data", "good.npz"], 3, /cut\.onnx is not a whole ONNX file/],
  ["an empty model", ["profile", "empty.onnx", "--data", "good.npz"], 3, /empty/],
  [
    "text for a model",
    ["inspect", "noise.onnx"],
    3,
    /noise\.onnx is not the ONNX file that is expected here: it is text\./,
  ],
  [
    "data for a model",
    ["profile", "good.npz", "--data", "good.npz"],
    3,
    /good\.npz is not the ONNX file .* it is a zip/,
  ],
  ["a pointer for a model", ["inspect", "pointer.onnx"], 3, /pointer of git-lfs.*git lfs pull/],
  ["a web page for a model", ["inspect", "page.onnx"], 3, /a web page.*Download the file itself/],
  ["noise for a model", ["inspect", "bytes.onnx"], 3, /not the ONNX file .* it cannot be read as one/],
  [
    "a model for data",
    ["profile", DIGITS, "--data", DIGITS],
    3,
    /digits\.onnx is an ONNX model, where data are expected/,
  ],
  ["a pointer for data", ["profile", DIGITS, "--data", "pointer.onnx"], 3, /git lfs pull/],
  ["an unknown operator", ["profile", "unknown-op.onnx", "--data", "good.npz"], 3, /Bahn/],
  ["cut data", ["profile", DIGITS, "--data", "cut.npz"], 3, /cut\.npz/],
  ["empty data", ["profile", DIGITS, "--data", "empty.npz"], 3, /empty/],
  ["different lengths", ["profile", DIGITS, "--data", "lengths.npz"], 3, /5 examples in x, but 4 labels/],
  ["a wrong number of features", ["profile", DIGITS, "--data", "features.npz"], 3, /\[64\].*\[63\]/s],
  ["NaN in the data", ["profile", DIGITS, "--data", "nan.npz"], 3, /holds NaN in row 1, column 6/],
  ["no examples", ["profile", DIGITS, "--data", "none.npz"], 3, /no examples/],
  ["labels outside the classes", ["profile", DIGITS, "--data", "classes.npz"], 3, /17.*10 outputs/s],
  [
    "labels outside the classes, loss named",
    ["profile", DIGITS, "--data", "classes.npz", "--loss", "cross-entropy"],
    3,
    /example 3 is 17/,
  ],
  ["a loss that does not fit", ["profile", DIGITS, "--data", "good.npz", "--loss", "mse"], 3, /one target per output/],
  ["a loss that is not clear", ["profile", DIGITS, "--data", "real.npz"], 3, /loss cannot be told/],
  ["no labels", ["profile", DIGITS, "--data", "nolabels.npz"], 3, /no labels/],
  ["no inputs", ["profile", DIGITS, "--data", "noinputs.npz"], 3, /input/],
  ["no data", ["profile", DIGITS], 2, /data is missing/],
  ["no second network", ["connect", DIGITS], 2, /argument OTHER is missing. OTHER is the other: weights of the same/],
  ["no network at all", ["connect"], 2, /argument MODEL is missing. MODEL is the network: an ONNX file/],
  ["data given twice", ["profile", DIGITS, "--data", "good.npz", "--x", "good.npz"], 2, /twice/],
  [
    "fractions for class numbers",
    ["profile", DIGITS, "--data", "fractions.npz"],
    3,
    /class numbers, they must be whole numbers from 0 to 9/,
  ],
  [
    "fractions for class numbers, loss named",
    ["profile", DIGITS, "--data", "fractions.npz", "--loss", "cross-entropy"],
    3,
    /label of example 1 is 0\.5, but class labels are whole numbers/,
  ],
  ["data that do not exist", ["profile", DIGITS, "--data", "nope.npz"], 3, /nope\.npz is neither/],
  ["an unknown flag", ["profile", DIGITS, "--batchsize", "3"], 2, /'--batchsize'.*Did you mean --batch-size/s],
  ["help for an unknown verb", ["help", "proflie"], 2, /'proflie'.*Did you mean profile/s],
  ["inputs without labels", ["profile", DIGITS, "--x", "good.npz"], 2, /--x is given without --y/],
  [
    "a vector that is none",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "--vector", DIGITS, "-o", "y.npz"],
    3,
    /\.npz files are: it is an ONNX model/,
  ],
  ["an unknown verb", ["proflie", DIGITS], 2, /'proflie'.*Did you mean profile/s],
  [
    "an unknown choice",
    ["profile", DIGITS, "--data", "good.npz", "--loss", "cross-entropi"],
    2,
    /--loss.*Did you mean cross-entropy/s,
  ],
  [
    "a number that is none",
    ["profile", DIGITS, "--data", "good.npz", "--batch-size", "many"],
    2,
    /--batch-size is "many"; it must be a/,
  ],
  [
    "a number that is too small",
    ["profile", DIGITS, "--data", "good.npz", "--limit", "0"],
    2,
    /--limit is "0"; it must be at least 1/,
  ],
  ["a time that is none", ["profile", DIGITS, "--data", "good.npz", "--time", "soon"], 2, /--time is "soon".*60s/],
  ["a flag without its value", ["profile", DIGITS, "--data"], 2, /argument missing/],
  ["too many arguments", ["inspect", DIGITS, "more"], 2, /Too many arguments.*`thalweg inspect --help`/],
  [
    "a pattern that the shell put names in the place of",
    ["profile", DIGITS, "--data", "digits", "--weights", "a.safetensors", "b.safetensors", "c.safetensors"],
    2,
    /Too many arguments.*One value stands behind --weights: quote a pattern.*--weights 'a\*'\), or .*--weights a,b\)/,
  ],
  [
    "an executor that there is not",
    ["profile", DIGITS, "--data", "digits", "--executor", "workers"],
    2,
    /--executor is "workers"; it must be one of here, workers:N \(processes\), folder \(`thalweg work`\), queue:redis:/,
  ],
  ["a missing model", ["inspect"], 2, /MODEL/],
  ["a model that does not exist", ["inspect", "nope.onnx"], 3, /nope\.onnx cannot be read: it does not exist/],
  ["a folder for a model", ["profile", "folder", "--data", "good.npz"], 3, /folder is a folder/],
  [
    "a folder that cannot be written",
    ["profile", DIGITS, "--data", "good.npz", "-o", "/proc/thalweg/run"],
    3,
    /\/proc\/thalweg cannot be written/,
  ],
  [
    "a file where the folder shall be",
    ["profile", DIGITS, "--data", "good.npz", "-o", "good.npz"],
    2,
    /is not a folder/,
  ],
  ["somebody's folder", ["profile", DIGITS, "--data", "good.npz", "-o", "foreign"], 2, /no run of thalweg wrote/],
  ["a pattern that fits nothing", ["profile", DIGITS, "--data", "good.npz", "--params", "layer9.*"], 2, /layer9/],
  ["an output that is not there", ["profile", DIGITS, "--data", "good.npz", "--output", "nope"], 2, /no output "nope"/],
  [
    "labels that a built-in set has not",
    ["profile", DIGITS, "--data", "digits", "--label", "foo"],
    3,
    /no array "foo"/,
  ],
  ["a node that is not there", ["profile", DIGITS, "--data", "good.npz", "--freeze", "nope"], 2, /no node nope/],
  [
    "a configuration with an unknown flag",
    ["profile", DIGITS, "--config", "bad-config.json"],
    2,
    /"batch-sise".*batch-size/s,
  ],
  ["a configuration that is no JSON", ["profile", DIGITS, "--config", "noise.onnx"], 2, /not JSON/],
  [
    "an unknown matrix",
    ["apply", "hessain", DIGITS, "--data", "good.npz", "-o", "y.npz"],
    2,
    /"hessain".*Did you mean hessian/s,
  ],
  ["an unknown matrix before anything else", ["apply", "hesian", "nope.onnx"], 2, /"hesian".*Did you mean hessian/s],
  [
    "an unknown instrument",
    ["profile", DIGITS, "--data", "good.npz", "--only", "loss,trac"],
    2,
    /"trac".*Did you mean trace/s,
  ],
  [
    "a product without a vector",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "-o", "y.npz"],
    2,
    /needs a vector/,
  ],
  [
    "a vector of another network",
    ["apply", "hessian", DIGITS, "--data", "good.npz", "--vector", "good.npz", "-o", "y.npz"],
    3,
    /"hidden\.weight" is missing/,
  ],
  ["a product without a place", ["apply", "gradient", DIGITS, "--data", "good.npz"], 2, /--out/],
  ["weights that are none", ["inspect", DIGITS, "--weights", "noise.onnx"], 3, /is text, where weights are expected/],
  ["an export without loss", ["export", DIGITS, "--batch", "4", "-o", "h.onnx"], 2, /--loss NAME/],
  ["an unknown term", ["explain", "sharpnes"], 2, /Did you mean sharpness/],
  [
    "an option without its loss",
    ["check", DIGITS, "--data", "good.npz", "--loss-option", "delta=1"],
    2,
    /no loss\. .*--loss/,
  ],
  [
    "an option that the loss does not have",
    ["check", DIGITS, "--data", "good.npz", "--loss", "huber", "--loss-option", "slope=1"],
    2,
    /huber has no option "slope=1"\. .*delta=VALUE/,
  ],
  [
    "two values for one option of a loss",
    ["check", DIGITS, "--data", "good.npz", "--loss", "huber", "--loss-option", "delta=1", "--loss-option", "delta=2"],
    2,
    /The option delta of the loss huber is given twice\./,
  ],
  ["a device that is not there", ["inspect", DIGITS, "--device", "gpu"], 2, /./],
];

describe("what cannot be done", () => {
  it.each(REFUSED)("%s: one clear sentence, nothing written", async (_what, args, code, says) => {
    const before = listing();
    const run = await here(args);
    expect(run.err.replaceAll(/\s+/g, " ")).toMatch(says);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(/error: /);
    expect(run.err).not.toMatch(/\n\s+at |bug in Thalweg|undefined|\[object/);
    expect(run.err.split("error: ")[1].split("\n").length).toBeLessThan(10);
    expect(run.out).toBe("");
    expect(listing()).toEqual(before);
  });

  it.each([2, 3] as const)("is said and returned by the process as it is above, with %i", async (exitCode) => {
    const args = REFUSED.find(([, , code]) => code === exitCode)?.[1] ?? [];
    const { code, out, err } = await thalweg(args);
    expect(code).toBe(exitCode);
    expect({ code, out, err }).toEqual(await here(args));
  });

  it("is one JSON document with --json", async () => {
    const run = await thalweg(["profile", "cut.onnx", "--data", "good.npz", "--json"]);
    expect(run.code).toBe(3);
    expect(JSON.parse(run.out)).toMatchObject({
      schema: "thalweg/error@1",
      error: { kind: "input", code: "not-onnx", where: { file: "cut.onnx" } },
      exitCode: 3,
    });
  });

  it("shows a stack only with --debug", async () => {
    const run = await thalweg(["inspect", "cut.onnx", "--debug"]);
    expect(run.err).toMatch(/\n\s+at /);
  });
});
