import { describe, expect, it } from "vitest";
import { stepsOf } from "./steps-in-names.ts";

const PLACES = { values: [1, 2, 3], title: "place of the checkpoint" };
const at = (...values: number[]) => ({ values, title: "number in the name of the checkpoint" });

describe("where checkpoints stand", () => {
  it.each([
    [["a/step-000.safetensors", "a/step-050.safetensors", "a/step-100.safetensors"], at(0, 50, 100)],
    [["lr-0.5.safetensors", "lr-0.25.safetensors", "lr-0.125.safetensors"], at(0.5, 0.25, 0.125)],
    [["lr-1e-3", "lr-1e-2", "lr-1e-1"], at(0.001, 0.01, 0.1)],
    [["v1.2/model2-7", "v1.2/model2-8", "v1.2/model2-9"], at(7, 8, 9)],
    // It stands in the folders, once or twice.
    [["run/step-1/w", "run/step-2/w", "run/step-3/w"], at(1, 2, 3)],
    [["step-1/w-1", "step-5/w-5", "step-7/w-7"], at(1, 5, 7)],
  ])("%j: at the number that their names differ in", (names, expected) => expect(stepsOf(names)).toEqual(expected));

  it.each([
    // Which of two numbers would be a guess.
    [["epoch=0-loss=0.12", "epoch=1-loss=0.34", "epoch=2-loss=0.56"]],
    [["a-1", "b-2", "c-3"]],
    [["0.1.2", "0.1.3", "0.1.4"]],
    [["step-1", "step-3", "step-2"]],
    [["step-1", "step-1", "step-2"]],
    [["1e999", "2e999", "3e999"]],
    [["before", "between", "after"]],
    [["90071992547409931", "90071992547409933", "90071992547409935"]],
  ])("%j: at their places", (names) => expect(stepsOf(names)).toEqual(PLACES));
});
