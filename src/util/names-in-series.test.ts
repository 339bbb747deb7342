import { expect, it } from "vitest";
import { namesInSeries } from "./names-in-series.ts";

it("names the files of a series by what is below the folder that they share", () => {
  const names = ["epoch-1/w", "epoch-2/w"];
  for (const folder of ["", "run/", "/a/b/", "../"])
    expect(namesInSeries(names.map((name) => folder + name))).toEqual(names);
  expect(namesInSeries(["a\\step-0", "a\\step-1"])).toEqual(["step-0", "step-1"]);
  expect(namesInSeries(["run/step-0"])).toEqual(["step-0"]);
  expect(namesInSeries(["run/step-0", "run/step-0"])).toEqual(["step-0", "step-0"]);
  expect(namesInSeries(["w", "run/w"])).toEqual(["w", "run/w"]);
  expect(namesInSeries([])).toEqual([]);
});
