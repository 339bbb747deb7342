#!/usr/bin/env node
/*
 * Runs the ONNX backend test suite (onnx/backend/test/data) against Thalweg's importer, emitter and derivatives.
 *
 *   node test/conformance/run-onnx-suite.mjs --suite DIR [--product .] [--out DIR] [--filter REGEX] [--kinds node,simple]
 *                           [--no-derivatives] [--verbose]
 *
 * Every test runs in a child process that is replaced when it dies or hangs; one JSON line a test goes to OUT/results.jsonl
 * and a summary to OUT/summary.txt.
 *
 * The suite's node tests were taken out of onnx/onnx in August 2026; git archive 'a8f77b5b9^' onnx/backend/test/data has them.
 *
 * Forward: import → lower → emit → onnxruntime, for float32, float32 portable and float64, against the expected outputs
 * (rtol 1e-3, atol 1e-7, as the suite; float64 models in float64 only). Inputs that an importer needs as constants (shapes, axes, ratios) are made
 * initialisers of the file, the fewest that do.
 * Derivatives: L = Σ a·y + ½ Σ b·y² with fixed random a, b in float64; ∇L·v and Hv against fourth-order central
 * differences along two directions; where that fails, again at a point moved off kinks and ties.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: args } = parseArgs({
  options: {
    suite: { type: "string", default: "onnx-suite" },
    product: { type: "string", default: fileURLToPath(new URL("../..", import.meta.url)) },
    out: { type: "string", default: "suite-out" },
    filter: { type: "string", default: "" },
    kinds: { type: "string", default: "node,simple,pytorch-operator,pytorch-converted" },
    "no-derivatives": { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});
args.product = resolve(args.product);
const STALL_MS = 90_000;
const RTOL = 1e-3;
const ATOL = 1e-7;

// ---------------------------------------------------------------- parent

function listTests() {
  const pattern = new RegExp(args.filter);
  return args.kinds.split(",").flatMap((kind) => {
    const root = join(args.suite, kind);
    if (!existsSync(root)) return [];
    return readdirSync(root)
      .filter((name) => existsSync(join(root, name, "model.onnx")))
      .map((name) => `${kind}/${name}`)
      .filter((id) => pattern.test(id));
  });
}

async function parent() {
  mkdirSync(args.out, { recursive: true });
  const file = join(args.out, "results.jsonl");
  writeFileSync(file, "");
  const results = [];
  const record = (result) => {
    results.push(result);
    appendFileSync(file, JSON.stringify(result) + "\n");
    if (args.verbose) console.log(JSON.stringify(result));
  };
  let queue = listTests();
  while (queue.length > 0) queue = await runChild(queue, record);
  const summary = summarize(results);
  writeFileSync(join(args.out, "summary.txt"), summary);
  console.log(summary);
}

/** Feeds tests to one child, one at a time; resolves with what is left when the child has died. */
function runChild(queue, record) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--worker"], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let at = 0;
    let timer;
    let stderr = "";
    let done = false;
    child.stderr.on("data", (chunk) => (stderr = (stderr + chunk).slice(-2000)));
    const next = () => {
      clearTimeout(timer);
      if (at >= queue.length) {
        done = true;
        child.disconnect();
        return;
      }
      timer = setTimeout(() => child.kill("SIGKILL"), STALL_MS);
      child.send(queue[at]);
    };
    child.on("message", (result) => {
      if (result !== "ready") {
        record(result);
        at++;
      }
      next();
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (!done) {
        record({ id: queue[at], forward: "crash", reason: `process ended: ${signal ?? code}; ${stderr.slice(-300)}` });
        at++;
      }
      resolve(queue.slice(at));
    });
  });
}

function summarize(results) {
  const lines = [];
  const count = (title, rows, key) => {
    const counts = new Map();
    for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
    lines.push(
      `${title}: ${[...counts]
        .sort((a, b) => b[1] - a[1])
        .map(([k, n]) => `${k} ${n}`)
        .join(", ")}`,
    );
  };
  lines.push(`tests: ${results.length}`);
  for (const kind of args.kinds.split(","))
    count(
      `  ${kind}, forward`,
      results.filter(({ id }) => id.startsWith(`${kind}/`)),
      (r) => r.forward,
    );
  const floats = results.filter((r) => r.floatOutputs);
  count("forward, tests with float32/float64 outputs", floats, (r) => r.forward);
  count(
    "forward, all other tests",
    results.filter((r) => !r.floatOutputs),
    (r) => r.forward,
  );
  const passed = results.filter((r) => r.forward === "pass");
  count("inputs baked, of the passes", passed, (r) => (r.baked?.length ? (r.live?.length ? "some" : "all") : "none"));
  count("gradient, of the passes", passed, (r) => r.gradient ?? "not run");
  count("Hessian × vector, of the passes", passed, (r) => r.hvp ?? "not run");
  for (const wanted of ["wrong", "crash"]) {
    lines.push("", `FORWARD ${wanted}:`);
    for (const r of results.filter((r) => r.forward === wanted)) lines.push(`  ${r.id} [${r.ops}]: ${r.reason}`);
  }
  for (const what of ["gradient", "hvp"]) {
    lines.push("", `${what} not ok:`);
    for (const r of passed.filter((r) => !["ok", "kink", "n.a.", undefined].includes(r[what])))
      lines.push(`  ${r.id} [${r.ops}]: ${r[what]} ${r.derivativeReason ?? ""} ${JSON.stringify(r.errors ?? {})}`);
  }
  lines.push("", "at kinks or ties only (fine when moved off):");
  lines.push(
    "  " +
      passed
        .filter((r) => r.gradient === "kink" || r.hvp === "kink")
        .map((r) => r.id)
        .join(" "),
  );
  lines.push("", "REFUSED, by reason:");
  const reasons = new Map();
  for (const r of results.filter((r) => r.forward === "refused")) {
    const key = r.reason.replace(/\b(node|Node) \S+ /g, "$1 … ").slice(0, 230);
    reasons.set(key, [...(reasons.get(key) ?? []), r.id.replace(/^node\/test_/, "")]);
  }
  for (const [reason, ids] of [...reasons].sort((a, b) => b[1].length - a[1].length))
    lines.push(`  ${ids.length}× ${reason}\n      ${ids.slice(0, 12).join(" ")}`);
  lines.push("", "NOT APPLICABLE, by reason:");
  const na = new Map();
  for (const r of results.filter((r) => r.forward === "n.a.")) na.set(r.reason, (na.get(r.reason) ?? 0) + 1);
  for (const [reason, n] of [...na].sort((a, b) => b[1] - a[1])) lines.push(`  ${n}× ${reason}`);
  return lines.join("\n") + "\n";
}

// ---------------------------------------------------------------- worker

async function worker() {
  const load = (path) => import(pathToFileURL(join(args.product, "dist", path)).href);
  const require = createRequire(join(args.product, "package.json"));
  const { fromBinary, toBinary } = await import(pathToFileURL(require.resolve("@bufbuild/protobuf")).href);
  const onnx = await import(pathToFileURL(require.resolve("onnx-buf")).href);
  const [{ decodeModel }, { importGraph }, { emitModel }, { lowerGraph }, { batchAxes }] = await Promise.all(
    [
      "onnx/decode-model.js",
      "onnx/import-graph.js",
      "onnx/emit-model.js",
      "onnx/emit-lower.js",
      "onnx/bind-inputs.js",
    ].map(load),
  );
  const [{ Graph }, { gradient, hessianVector }, { add, mul }, { sumAll, reshape }, { nodeRuntime }, { ThalwegError }] =
    await Promise.all(
      [
        "graph/graph.js",
        "autodiff/products.js",
        "ops/arithmetic.js",
        "ops/structure.js",
        "runtime/node-runtime.js",
        "util/thalweg-error.js",
      ].map(load),
    );
  const runtime = nodeRuntime({ threads: 1 });
  const blockSize = await runtime.blockSize();
  const TYPE = onnx.TensorProto_DataType;
  const isFloat = (dtype) => dtype === "float32" || dtype === "float64";

  /** A TensorProto as { type, shape, data } in doubles; undefined data for types that have no numbers. */
  function decodeTensor(proto) {
    const shape = proto.dims.map(Number);
    const size = shape.reduce((a, b) => a * b, 1);
    const raw = proto.rawData?.length ? Uint8Array.from(proto.rawData).buffer : undefined;
    const of = (Type, field) => (raw ? new Type(raw) : field);
    const halves = (convert) => Float64Array.from(of(Uint16Array, proto.int32Data), convert);
    const data = (() => {
      switch (proto.dataType) {
        case TYPE.FLOAT:
          return of(Float32Array, proto.floatData);
        case TYPE.DOUBLE:
          return of(Float64Array, proto.doubleData);
        case TYPE.INT8:
          return of(Int8Array, proto.int32Data);
        case TYPE.UINT8:
          return of(Uint8Array, proto.int32Data);
        case TYPE.BOOL:
          return of(Uint8Array, proto.int32Data);
        case TYPE.INT16:
          return of(Int16Array, proto.int32Data);
        case TYPE.UINT16:
          return of(Uint16Array, proto.int32Data);
        case TYPE.INT32:
          return of(Int32Array, proto.int32Data);
        case TYPE.UINT32:
          return of(Uint32Array, proto.uint64Data);
        case TYPE.INT64:
          return of(BigInt64Array, proto.int64Data);
        case TYPE.UINT64:
          return of(BigUint64Array, proto.uint64Data);
        case TYPE.FLOAT16:
          return halves(fromHalf);
        case TYPE.BFLOAT16:
          return halves((bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]);
        default:
          return undefined;
      }
    })();
    return {
      type: TYPE[proto.dataType] ?? String(proto.dataType),
      shape,
      data: data && Float64Array.from(size === 0 ? [] : data, Number),
    };
  }

  function fromHalf(bits) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
  }

  function readSet(dir) {
    const of = (prefix) =>
      readdirSync(dir)
        .filter((f) => f.startsWith(prefix))
        .sort((a, b) => parseInt(a.slice(prefix.length)) - parseInt(b.slice(prefix.length)))
        .map((f) => readFileSync(join(dir, f)));
    return { inputs: of("input_"), outputs: of("output_") };
  }

  const NA_DOMAINS = ["ai.onnx.ml", "ai.onnx.preview.training"];
  const QUANTISED = /^(QLinear.*|DynamicQuantize.*|MatMulInteger|ConvInteger)$/;
  const RANDOM = /^(Bernoulli|Multinomial|Random.*)$/;
  const STRINGS = /^(String.*|RegexFullMatch|TfIdfVectorizer|LabelEncoder)$/;

  function* allNodes(graph) {
    for (const node of graph.node) {
      yield node;
      for (const { g } of node.attribute) if (g) yield* allNodes(g);
    }
  }

  /** Why a test is outside of what the product is for, if it is. */
  function outside(proto, opts) {
    for (const { opType, domain } of [...allNodes(proto.graph), ...proto.functions.flatMap((f) => f.node)]) {
      if (NA_DOMAINS.includes(domain)) return `domain ${domain}`;
      if (QUANTISED.test(opType)) return "quantised";
      if (STRINGS.test(opType)) return "strings";
    }
    const kinds = [...proto.graph.input, ...proto.graph.output].map(({ type }) => type?.value);
    if (kinds.some((v) => v?.case === "sequenceType" || v?.case === "optionalType"))
      return "sequences and optionals as inputs or outputs";
    const types = kinds.map((v) => (v?.case === "tensorType" ? TYPE[v.value.elemType] : v?.case));
    if (types.some((t) => t === "STRING")) return "strings";
    const odd = types.find((t) => /FLOAT8|FLOAT4|INT4|INT2|COMPLEX/.test(t));
    if (odd) return "element types of 2, 4 or 8 bits, complex";
    if (opts?.random && [...allNodes(proto.graph)].some(({ opType }) => RANDOM.test(opType))) return "random numbers";
    return undefined;
  }

  const describe = (error) =>
    `${error instanceof ThalwegError ? `${error.kind}/${error.code}: ` : `${error?.name}: `}${String(error?.message ?? error).split("\n")[0]}`;
  const verdict = (error) => (error instanceof ThalwegError && error.kind !== "internal" ? "refused" : "crash");

  /** The file with some inputs turned into initialisers. */
  function bake(bytes, names, protos) {
    const proto = fromBinary(onnx.ModelProtoSchema, bytes, { readUnknownFields: false });
    for (const name of names) {
      const tensor = fromBinary(onnx.TensorProtoSchema, protos.get(name));
      tensor.name = name;
      proto.graph.initializer.push(tensor);
    }
    proto.graph.input = proto.graph.input.filter(({ name }) => !names.includes(name));
    return toBinary(onnx.ModelProtoSchema, proto);
  }

  function build(bytes, names, protos, tensors, parameters, precision) {
    const model = decodeModel(names.length ? bake(bytes, names, protos) : bytes, { file: "model.onnx" });
    const axes = batchAxes(model.inputs);
    const first = axes.findIndex((axis) => axis !== undefined);
    const batch = first >= 0 ? (tensors.get(model.inputs[first].name)?.shape[axes[first]] ?? 1) : 1;
    const inputShapes = Object.fromEntries(model.inputs.map(({ name }) => [name, tensors.get(name)?.shape ?? []]));
    const graph = new Graph();
    const imported = importGraph(model, graph, { precision, batch, inputShapes, parameters: parameters ?? [] });
    return { model, graph, imported };
  }

  /** The import with the fewest inputs made constant. */
  function buildLeastBaked(bytes, protos, tensors, parameters, precision, expected) {
    const all = [...protos.keys()];
    const complete = (built) => {
      const missing = expected.find((name) => !built.imported.outputs.has(name));
      if (missing === undefined) return built;
      const notice = built.imported.notices.find(({ code }) => code === "output-left-out");
      throw new ThalwegError({
        kind: "input",
        code: "output-left-out",
        message: notice?.message ?? `no output ${missing}`,
      });
    };
    const attempt = (baked) => ({ baked, ...complete(build(bytes, baked, protos, tensors, parameters, precision)) });
    const isIntegral = (name) => !/FLOAT|DOUBLE/.test(tensors.get(name).type);
    let firstError;
    for (const baked of [[], all.filter(isIntegral)]) {
      try {
        return attempt(baked);
      } catch (error) {
        firstError ??= error;
        if (verdict(error) === "crash") throw error;
      }
    }
    let best;
    try {
      best = attempt(all);
    } catch (error) {
      if (verdict(error) === "crash") throw error;
      throw /from the data/.test(firstError.message) ? error : firstError;
    }
    for (const name of all.filter((each) => !isIntegral(each))) {
      try {
        best = attempt(best.baked.filter((each) => each !== name));
      } catch {}
    }
    return best;
  }

  const toFeed = (dtype, shape, data) =>
    runtime.feed({
      dtype,
      shape,
      data:
        dtype === "float32"
          ? Float32Array.from(data)
          : dtype === "bool"
            ? Uint8Array.from(data)
            : Float64Array.from(data),
    });

  async function evaluate(outputs, target, feedsOf) {
    const lowered = lowerGraph([...outputs.values()], target);
    const emitted = emitModel(new Map([...outputs.keys()].map((name, i) => [name, lowered[i]])), target);
    const executable = await runtime.compile(emitted);
    try {
      return await executable.run(feedsOf(emitted.inputs));
    } finally {
      await executable.release();
    }
  }

  function compare(actual, expected, atol = ATOL) {
    if (!actual) return "missing";
    if (JSON.stringify(actual.shape) !== JSON.stringify(expected.shape))
      return `shape [${actual.shape}] instead of [${expected.shape}]`;
    let worst;
    for (let i = 0; i < expected.data.length; i++) {
      const [a, b] = [Number(actual.data[i]), expected.data[i]];
      if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
      const excess = Math.abs(a - b) / (atol + RTOL * Math.abs(b));
      if (!(excess <= 1) && !(worst?.excess > excess)) worst = { excess, text: `[${i}] ${a} instead of ${b}` };
    }
    return worst?.text;
  }

  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  async function derivatives(built, tensors, expected) {
    const { model, graph, imported } = built;
    const variables = new Map();
    for (const { name, dtype } of model.inputs)
      if (isFloat(dtype)) variables.set(name, { value: imported.inputs.get(name), at: tensors.get(name).data });
    for (const { name, data } of model.parameters)
      if (imported.parameters.has(name))
        variables.set(name, { value: imported.parameters.get(name), at: Float64Array.from(data) });
    const outputs = [...imported.outputs].filter(([name, value]) => isFloat(value.dtype) && expected.has(name));
    const names = [...variables.keys()].filter((name) => variables.get(name).at.length > 0);
    if (names.length === 0 || outputs.length === 0)
      return { gradient: "n.a.", hvp: "n.a.", derivativeReason: "no float input or output" };
    if (outputs.some(([name]) => expected.get(name).data?.some((y) => !Number.isFinite(y))))
      return { gradient: "n.a.", hvp: "n.a.", derivativeReason: "outputs not finite" };
    const uniform = random(20_260);
    const constant = (shape, low, high) =>
      graph.constant({
        dtype: "float64",
        shape,
        data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => low + (high - low) * uniform()),
      });
    let loss = graph.scalar(0, "float64");
    for (const [, y] of outputs) {
      loss = add(loss, sumAll(mul(constant(y.shape, -1.5, 1.5), y)));
      loss = add(loss, mul(sumAll(mul(constant(y.shape, -1, 1), mul(y, y))), 0.5));
    }
    loss = reshape(loss, []);
    const values = names.map((name) => variables.get(name).value);
    const tangents = values.map((value, i) => graph.input(`tangent ${i}`, "float64", value.shape));
    let grads;
    try {
      grads = gradient(loss, values);
    } catch (error) {
      return { gradient: verdict(error), hvp: "n.a.", derivativeReason: describe(error) };
    }
    let products;
    let derivativeReason;
    let hvp;
    try {
      products = hessianVector(loss, values, tangents);
    } catch (error) {
      hvp = verdict(error);
      derivativeReason = describe(error);
      products = [];
    }
    const results = new Map([
      ["loss", loss],
      ...grads.map((v, i) => [`g${i}`, v]),
      ...products.map((v, i) => [`h${i}`, v]),
    ]);
    const target = { precision: "float64", portable: false };
    const lowered = lowerGraph([...results.values()], target);
    const emitted = emitModel(new Map([...results.keys()].map((name, i) => [name, lowered[i]])), target);
    const executable = await runtime.compile(emitted);
    try {
      const at = async (point, vector) => {
        const feeds = new Map();
        for (const [name, { dtype, shape }] of emitted.inputs) {
          const tangent = /^tangent (\d+)$/.exec(name);
          const data = tangent
            ? vector[tangent[1]]
            : names.includes(name)
              ? point[names.indexOf(name)]
              : tensors.get(name)?.data;
          feeds.set(name, toFeed(dtype, shape, data));
        }
        const found = await executable.run(feeds);
        const flat = (prefix) => names.flatMap((_, i) => [...(found.get(`${prefix}${i}`)?.data ?? [])]);
        return { loss: found.get("loss").data[0], g: flat("g"), h: products.length ? flat("h") : [] };
      };
      const norm = (x) => Math.sqrt(x.reduce((s, e) => s + e * e, 0));
      const check = async (point) => {
        let [gradientError, productError, notFinite, edge] = [0, 0, false, false];
        for (let round = 0; round < 2; round++) {
          const vector = names.map((_, i) => Float64Array.from(point[i], () => 2 * uniform() - 1));
          const v = vector.flatMap((each) => [...each]);
          const best = { g: Infinity, h: Infinity };
          const exact = await at(point, vector);
          if (![exact.loss, ...exact.g].every(Number.isFinite)) notFinite = "gradient";
          else if (!exact.h.every(Number.isFinite)) notFinite ||= "Hessian × vector";
          for (const step of [1e-3, 1e-4, 1e-5, 1e-7]) {
            if (best.g < 1e-8 && (best.h < 1e-8 || !exact.h.length)) break;
            const moved = [];
            // beside the domain (log, a power of 0) there is nothing to compare with
            for (const t of [-2, -1, 1, 2])
              moved.push(
                await at(
                  point.map((p, i) => p.map((e, j) => e + t * step * vector[i][j])),
                  vector,
                ),
              );
            edge = moved.some((m) => !Number.isFinite(m.loss));
            if (edge) continue;
            const stencil = (pick) =>
              (8 * (pick(moved[2]) - pick(moved[1])) - (pick(moved[3]) - pick(moved[0]))) / (12 * step);
            const slope = exact.g.reduce((s, e, i) => s + e * v[i], 0);
            const scale = Math.max(Math.abs(slope), 0.1 * norm(exact.g), 1e-7 * (1 + Math.abs(exact.loss)));
            best.g = Math.min(best.g, Math.abs(stencil((m) => m.loss) - slope) / scale);
            if (exact.h.length) {
              const numeric = exact.h.map((_, i) => stencil((m) => m.g[i]));
              const bottom = Math.max(norm(exact.h), norm(numeric), 1e-7 * (1 + norm(exact.g)));
              best.h = Math.min(best.h, norm(exact.h.map((e, i) => e - numeric[i])) / bottom);
            }
          }
          gradientError = Math.max(gradientError, best.g);
          if (exact.h.length) productError = Math.max(productError, best.h);
        }
        return { gradientError, productError, notFinite, edge };
      };
      const original = names.map((name) => variables.get(name).at);
      const first = await check(original);
      const ok = (error) => error < 1e-6;
      const outcome = {
        gradient: ok(first.gradientError) ? "ok" : undefined,
        hvp: hvp ?? (ok(first.productError) ? "ok" : undefined),
        derivativeReason,
        errors: first,
      };
      if (outcome.gradient && outcome.hvp) return outcome;
      for (const spread of [0.037, 0.013]) {
        const off = await check(
          original.map((p) => p.map((e) => e + spread * (Math.abs(e) + 0.1) * (2 * uniform() - 1))),
        );
        if (!outcome.gradient && ok(off.gradientError)) outcome.gradient = "kink";
        if (!outcome.hvp && ok(off.productError)) outcome.hvp = "kink";
        outcome.errors = { at: first, off };
        if (outcome.gradient && outcome.hvp) return outcome;
      }
      if (first.edge && first.notFinite !== "gradient") {
        outcome.gradient ??= "n.a.";
        outcome.hvp ??= "n.a.";
        outcome.derivativeReason ??= "at the edge of the domain";
      }
      outcome.gradient ??= first.notFinite === "gradient" ? "not finite" : "wrong";
      outcome.hvp ??= first.notFinite ? "not finite" : "wrong";
      return outcome;
    } finally {
      await executable.release();
    }
  }

  async function runTest(id) {
    const dir = join(args.suite, id);
    const result = { id };
    const bytes = readFileSync(join(dir, "model.onnx"));
    const proto = fromBinary(onnx.ModelProtoSchema, bytes, { readUnknownFields: false });
    result.ops = [
      ...new Set([...allNodes(proto.graph)].map(({ opType, domain }) => (domain ? `${domain}:${opType}` : opType))),
    ]
      .slice(0, 6)
      .join(" ");
    result.opset = Number(proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0);
    const na = outside(proto, { random: true });
    const outType = ({ type }) => (type?.value.case === "tensorType" ? TYPE[type.value.value.elemType] : "other");
    result.floatOutputs = proto.graph.output.some((each) => ["FLOAT", "DOUBLE"].includes(outType(each)));
    const giveUp = (forward, reason) => ({
      ...result,
      forward: na && forward !== "pass" ? "n.a." : forward,
      reason: na && forward !== "pass" ? na : reason,
    });
    const setDir = join(dir, "test_data_set_0");
    if (!existsSync(setDir)) return giveUp("n.a.", "no data");
    const set = readSet(setDir);
    const protos = new Map();
    const tensors = new Map();
    const expected = new Map();
    try {
      const initializers = new Set(proto.graph.initializer.map(({ name }) => name));
      const fed = proto.graph.input.filter(({ name }) => !initializers.has(name));
      const slots = set.inputs.length === proto.graph.input.length ? proto.graph.input : fed;
      set.inputs.forEach((bytes, i) => {
        const tensor = fromBinary(onnx.TensorProtoSchema, bytes);
        const name = slots[i].name;
        protos.set(name, bytes);
        tensors.set(name, decodeTensor(tensor));
      });
      set.outputs.forEach((bytes, i) =>
        expected.set(proto.graph.output[i].name, decodeTensor(fromBinary(onnx.TensorProtoSchema, bytes))),
      );
    } catch {
      return giveUp("n.a.", na ?? "data that are no tensors");
    }
    if ([...tensors.values(), ...expected.values()].some(({ data }) => data === undefined))
      return giveUp("n.a.", na ?? "strings or other odd types in the data");

    let parameters;
    let built;
    const wanted = proto.graph.output.slice(0, set.outputs.length).map(({ name }) => name);
    try {
      parameters = decodeModel(bytes, { file: "model.onnx" }).parameters.map(({ name }) => name);
      built = buildLeastBaked(bytes, protos, tensors, parameters, "float32", wanted);
    } catch (error) {
      return giveUp(verdict(error), describe(error));
    }
    result.baked = built.baked;
    result.live = [...protos.keys()].filter((name) => !built.baked.includes(name));
    const lowPrecision = [...expected.values(), ...tensors.values()].some(
      ({ type }) => type === "FLOAT16" || type === "BFLOAT16",
    );
    const feedsOf = (precision, weights) => (inputs) =>
      new Map(
        [...inputs].map(([name, { dtype, shape }]) => [
          name,
          toFeed(dtype, shape, tensors.get(name)?.data ?? weights.get(name)),
        ]),
      );
    const weights = new Map(built.model.parameters.map(({ name, data }) => [name, data]));
    const wrong = [];
    const targets = [
      { label: "float32", target: { precision: "float32", portable: false, blockSize } },
      { label: "portable", target: { precision: "float32", portable: true } },
      { label: "float64", target: { precision: "float64", portable: false } },
    ];
    let double;
    const inDouble = [...expected.values(), ...tensors.values()].some(({ type }) => type === "DOUBLE");
    for (const { label, target } of targets) {
      if (inDouble && label !== "float64") continue;
      let actual;
      try {
        const each =
          target.precision === "float64" ? build(bytes, built.baked, protos, tensors, parameters, "float64") : built;
        if (target.precision === "float64") double = { ...each, baked: built.baked };
        actual = await evaluate(each.imported.outputs, target, feedsOf(target.precision, weights));
      } catch (error) {
        return giveUp(verdict(error), `${label}: ${describe(error)}`);
      }
      for (const name of wanted) {
        const difference = compare(actual.get(name), expected.get(name), label === "float64" ? 1e-6 : ATOL);
        if (difference) wrong.push(`${label} ${name}: ${difference}`);
      }
    }
    if (wrong.length > 0)
      return giveUp("wrong", `${lowPrecision ? "(float16/bfloat16 test) " : ""}${wrong.join("; ")}`);
    result.forward = "pass";
    if (args["no-derivatives"]) return result;
    try {
      return { ...result, ...(await derivatives(double, tensors, expected)) };
    } catch (error) {
      return { ...result, gradient: verdict(error), hvp: verdict(error), derivativeReason: describe(error) };
    }
  }

  process.on("message", (id) => {
    runTest(id).then(
      (result) => process.send(result),
      (error) => process.send({ id, forward: "crash", reason: `runner: ${error?.stack ?? error}`.slice(0, 600) }),
    );
  });
  process.on("disconnect", () => process.exit(0));
  process.send("ready");
}

await (args.worker ? worker() : parent());
