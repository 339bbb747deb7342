import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorShapeProto_DimensionSchema,
  StringStringEntryProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Graph } from "../src/graph/graph.ts";
import { decodeModel } from "../src/onnx/decode-model.ts";
import { importGraph } from "../src/onnx/import-graph.ts";
import { ONNX_RULES } from "../src/onnx/rules/registry.ts";
import { createRandom, type RandomStream } from "../src/random/random-stream.ts";
import { ThalwegError } from "../src/util/thalweg-error.ts";

/*
 * Damaged files: each is either imported or refused with one ThalwegError, within bounds of time and
 * memory. Half of the mutations are of bytes, half of the decoded message, which gets further.
 */

const FILES = 6400;
const SECONDS_A_FILE = 5;
const BYTES = 2 ** 30;

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

const SEEDS = readdirSync(FIXTURES)
  .map((name) => join(FIXTURES, name, "model.onnx"))
  .filter((path) => existsSync(path))
  .map((path) => new Uint8Array(readFileSync(path)))
  .filter((bytes) => bytes.length < 20_000);

function pick<T>(random: RandomStream, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[random.integer(items.length)];
}

/** Extents and indices that break naive arithmetic. */
const ABSURD = [-1n, 0n, -2n, 1n << 20n, 1n << 31n, 1n << 40n, (1n << 63n) - 1n, -(1n << 63n), 3n, 65_537n];

type ByteMutation = (bytes: Uint8Array, random: RandomStream) => Uint8Array;

const BYTE_MUTATIONS: readonly ByteMutation[] = [
  (bytes, random) => {
    const copy = bytes.slice();
    for (let i = 0; i <= random.integer(8); i++) copy[random.integer(copy.length)] ^= 1 << random.integer(8);
    return copy;
  },
  (bytes, random) => bytes.slice(0, random.integer(bytes.length)),
  (bytes, random) => bytes.slice(random.integer(bytes.length)),
  (bytes, random) => {
    const copy = bytes.slice();
    // A varint of up to ten bytes: lengths and dimensions beyond any file.
    const at = random.integer(copy.length);
    copy.fill(0xff, at, Math.min(copy.length, at + 1 + random.integer(9)));
    return copy;
  },
  (bytes, random) => {
    const at = random.integer(bytes.length);
    const from = random.integer(bytes.length);
    const piece = bytes.slice(from, from + random.integer(200));
    return Uint8Array.of(...bytes.slice(0, at), ...piece, ...bytes.slice(at));
  },
  (_bytes, random) => Uint8Array.from({ length: 1 + random.integer(300) }, () => random.integer(256)),
];

type MessageMutation = (graph: GraphProto, random: RandomStream, model: ModelProto) => void;

function anyTensor(graph: GraphProto, random: RandomStream): TensorProto | undefined {
  const held = graph.node.flatMap((node) => node.attribute.flatMap(({ t }) => t ?? []));
  return pick(random, [...graph.initializer, ...held]);
}

function anyInput(graph: GraphProto, random: RandomStream): { node: NodeProto; slot: number } | undefined {
  const node = pick(
    random,
    graph.node.filter(({ input }) => input.length > 0),
  );
  return node && { node, slot: random.integer(node.input.length) };
}

const OPS = [...new Set(ONNX_RULES.map(({ op }) => op))];

const MESSAGE_MUTATIONS: readonly MessageMutation[] = [
  (graph, random) => {
    const tensor = anyTensor(graph, random);
    if (tensor && tensor.dims.length > 0) tensor.dims[random.integer(tensor.dims.length)] = pick(random, ABSURD) ?? 0n;
  },
  (graph, random) => anyTensor(graph, random)?.dims.push(pick(random, ABSURD) ?? 1n),
  (graph, random) => {
    const tensor = anyTensor(graph, random);
    if (tensor) tensor.dataType = random.integer(30);
  },
  (graph, random) => {
    // The numbers that shapes, axes and indices are made of.
    const whole = [
      ...graph.initializer,
      ...graph.node.flatMap((node) => node.attribute.flatMap(({ t }) => t ?? [])),
    ].filter(({ dataType }) => dataType === 7);
    const tensor = pick(random, whole);
    if (!tensor || tensor.rawData.length < 8) return;
    const view = new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, tensor.rawData.byteLength);
    view.setBigInt64(8 * random.integer(Math.floor(tensor.rawData.length / 8)), pick(random, ABSURD) ?? 0n, true);
  },
  (graph, random) => {
    const attribute = pick(
      random,
      graph.node.flatMap((node) => node.attribute),
    );
    if (!attribute) return;
    attribute.i = pick(random, ABSURD) ?? 0n;
    if (attribute.ints.length > 0) attribute.ints[random.integer(attribute.ints.length)] = pick(random, ABSURD) ?? 0n;
    attribute.f = [NaN, Infinity, -1, 0, 1e38][random.integer(5)];
  },
  (graph, random) => {
    const attribute = pick(
      random,
      graph.node.flatMap((node) => node.attribute),
    );
    if (attribute) attribute.type = random.integer(15);
  },
  (graph, random) => {
    const node = pick(random, graph.node);
    if (node) node.attribute.splice(random.integer(node.attribute.length + 1), 1);
  },
  (graph, random) => {
    const [a, b] = [anyInput(graph, random), anyInput(graph, random)];
    if (a && b) [a.node.input[a.slot], b.node.input[b.slot]] = [b.node.input[b.slot], a.node.input[a.slot]];
  },
  (graph, random) => {
    // A reader of a later node's output: a cycle, or an order to be found.
    const [a, later] = [anyInput(graph, random), pick(random, graph.node)];
    if (a && later?.output[0]) a.node.input[a.slot] = later.output[0];
  },
  (graph, random) => {
    const [a, b] = [pick(random, graph.node), pick(random, graph.node)];
    if (a && b && a.output.length > 0) a.output[0] = b.output[0] ?? "";
  },
  (graph, random) => {
    const a = anyInput(graph, random);
    if (a) a.node.input[a.slot] = random.integer(2) === 0 ? "" : "nothing";
  },
  (graph, random) => {
    const node = pick(random, graph.node);
    if (node) node.input.splice(random.integer(node.input.length + 1), 1);
  },
  (graph, random) => {
    const node = pick(random, graph.node);
    if (node) node.opType = pick(random, OPS) ?? "Add";
  },
  (graph, random) => {
    graph.node.splice(random.integer(graph.node.length + 1), 1);
  },
  (graph) => {
    graph.node.reverse();
  },
  (graph, random) => {
    graph.initializer.splice(random.integer(graph.initializer.length + 1), 1);
  },
  (graph, random) => {
    const type = pick(random, graph.input)?.type?.value;
    if (type?.case !== "tensorType") return;
    type.value.elemType = random.integer(2) === 0 ? random.integer(25) : type.value.elemType;
    type.value.shape?.dim.push(
      create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: pick(random, ABSURD) ?? 0n } }),
    );
  },
  (_graph, random, model) => {
    for (const opset of model.opsetImport) opset.version = BigInt(random.integer(30));
  },
  (_graph, random, model) => {
    model.opsetImport.splice(random.integer(model.opsetImport.length + 1), 1);
  },
  (graph, random) => {
    const tensor = anyTensor(graph, random);
    if (!tensor) return;
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    const locations = ["../../etc/passwd", "/etc/passwd", "C:\\x", "weights.bin", "a/../../b", ""];
    tensor.externalData = [
      create(StringStringEntryProtoSchema, { key: "location", value: pick(random, locations) ?? "" }),
      create(StringStringEntryProtoSchema, { key: "offset", value: String(pick(random, ABSURD) ?? 0) }),
    ];
  },
  (graph, random) => {
    const tensor = anyTensor(graph, random);
    const view =
      tensor && tensor.rawData.length >= 8 ? new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset) : undefined;
    view?.setFloat64(0, [NaN, Infinity, -Infinity, 1e300][random.integer(4)], true);
  },
];

function mutate(seed: Uint8Array, random: RandomStream): Uint8Array {
  if (random.integer(2) === 0) return BYTE_MUTATIONS[random.integer(BYTE_MUTATIONS.length)](seed, random);
  const model = fromBinary(ModelProtoSchema, seed.slice());
  const { graph } = model;
  if (graph)
    for (let i = 0; i <= random.integer(3); i++)
      MESSAGE_MUTATIONS[random.integer(MESSAGE_MUTATIONS.length)](graph, random, model);
  return toBinary(ModelProtoSchema, model);
}

/** Decodes and imports; the code of the error, or "imported". */
function outcome(bytes: Uint8Array): string {
  try {
    const model = decodeModel(bytes, { file: "fuzz.onnx", external: () => new Uint8Array(64), limit: 2 ** -5 });
    importGraph(model, new Graph(), { precision: "float64", batch: 4 });
    return "imported";
  } catch (error) {
    if (!(error instanceof ThalwegError)) throw error;
    expect(error.kind).toBe("input");
    expect(error.message.length).toBeGreaterThan(10);
    return error.code;
  }
}

test(`${FILES} damaged files are imported or refused`, { timeout: 120_000 }, () => {
  const random = createRandom(20_240_607);
  const outcomes = new Map<string, number>();
  const before = process.memoryUsage().rss;
  let most = before;
  let slowest = 0;
  for (let i = 0; i < FILES; i++) {
    const stream = random.split(`file ${i}`);
    const bytes = mutate(SEEDS[i % SEEDS.length], stream);
    const start = process.cpuUsage();
    let code;
    try {
      code = outcome(bytes);
    } catch (error) {
      throw new Error(`file ${i} ends in ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, {
        cause: error,
      });
    }
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, (user + system) / 1000);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    if (i % 16 === 0) most = Math.max(most, process.memoryUsage().rss);
  }
  expect(slowest).toBeLessThan(SECONDS_A_FILE * 1000);
  expect(most - before).toBeLessThan(BYTES);
  // The mutations reach every stage: some files survive, and many different things are found.
  expect(outcomes.get("imported") ?? 0).toBeGreaterThan(FILES / 50);
  expect(outcomes.size).toBeGreaterThan(12);
  if (process.env.FUZZ_REPORT)
    console.log({ slowest, growth: (most - before) / 2 ** 20 }, Object.fromEntries(outcomes));
});
