// node bench/write-table.mjs: the speed table of the README from results.json; `npm run bench` ends with it.
import { readFileSync, writeFileSync } from "node:fs";

const TITLES = {
  mlp: "MLP 784-256-256-10, batch 1000",
  lenet: "LeNet 28×28, batch 256",
  resnet20: "ResNet-20 3×32×32, batch 128",
  gpt: "tiny GPT, batch 16",
  vit: "tiny ViT, batch 32",
};
const BEGIN = "<!-- speed: written by npm run bench -->";
const END = "<!-- end of speed -->";

const { networks } = JSON.parse(readFileSync(new URL("results.json", import.meta.url), "utf8"));
const cell = ({ thalwegMs, torchMs, ratio }) =>
  `${thalwegMs.toFixed(1)} / ${torchMs.toFixed(1)} = ${ratio.toFixed(2)}×`;
const rows = Object.keys(TITLES)
  .flatMap((name) => networks.find(({ network }) => network === name) ?? [])
  .map(({ network, measures, peakMegabytes: { plain } }) =>
    [
      TITLES[network],
      cell(measures.gradient),
      cell(measures.hessianVector),
      cell(measures.hessianVectorKept),
      `${plain.thalweg.toFixed(0)} / ${plain.torch.toFixed(0)}`,
    ].join(" | "),
  );
const table = [
  "| | gradient | Hessian × vector | the same, kept | peak memory, MB |",
  "|---|---|---|---|---|",
  ...rows.map((row) => `| ${row} |`),
].join("\n");

const readme = new URL("../README.md", import.meta.url);
const text = readFileSync(readme, "utf8");
const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (start < 0 || end < start) throw new Error(`README.md has no place for the table: ${BEGIN} … ${END}`);
writeFileSync(readme, `${text.slice(0, start + BEGIN.length)}\n\n${table}\n\n${text.slice(end)}`);
