import { execFile } from "node:child_process";
import { availableParallelism, freemem, totalmem } from "node:os";
import { z } from "zod";
import { runtimeFault } from "../../load/runtime-fault.ts";
import type { Device } from "../../runtime/device.ts";
import { nodeRuntime } from "../../runtime/node-runtime.ts";
import { formatNumber } from "../../util/format-number.ts";
import { EXIT } from "../exit-code.ts";
import { formatBytes } from "../../util/format-size.ts";
import { platformSummary } from "../../load/origin-of.ts";
import { timeGemm } from "../../instruments/time-gemm.ts";
import { table, wrap } from "../layout.ts";
import { machineFlags } from "../common-flags.ts";
import { version } from "../../io/version.ts";
import { defineVerb } from "../verb.ts";

const DEVICES: Readonly<Record<Exclude<Device, "cpu">, string>> = {
  cuda: "needs Linux, an NVIDIA GPU, CUDA 12 and cuDNN 9, and onnxruntime-node installed with its CUDA libraries (npm rebuild onnxruntime-node).",
  webgpu: "needs a GPU with a Vulkan, Metal or Direct3D 12 driver.",
};

const EXPORT_CALL = `torch.onnx.export(
    model.eval(), x, "model.onnx", opset_version=17,
    input_names=["x"], output_names=["logits"],
    dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
    training=torch.onnx.TrainingMode.PRESERVE,  # keeps BatchNormalization apart
    do_constant_folding=False,                  # keeps the parameters' names
)`;

const GEMM_SIZE = 768;
const GEMM_RUNS = 7;

const DEVICE_PATIENCE = 60_000;

/**
 * Why a device cannot be used: what a small run on it answers. In a process of its own, since drivers
 * write to stderr behind our back, and some bring the process down.
 */
function deviceFault(device: Device): Promise<string | undefined> {
  const args = [process.argv[1], "profile", "--device", device, "--only", "loss", "--limit", "1", "--json"];
  return new Promise((resolve) =>
    execFile(process.execPath, args, { timeout: DEVICE_PATIENCE }, (error, out) => {
      const refusal = /"message": (".*")/.exec(out)?.[1];
      resolve(error === null ? undefined : refusal === undefined ? error.message : String(JSON.parse(refusal)));
    }),
  );
}

export const doctor = defineVerb({
  name: "doctor",
  summary: "what this machine has, how fast it is, what is missing",
  arguments: [],
  parameters: z.object({ threads: machineFlags.shape.threads }),
  examples: [],
  run: async ({ threads = availableParallelism() }, _args, { style }) => {
    const cpu = nodeRuntime({ threads, device: "cpu" });
    const fault = await runtimeFault(cpu);
    const speed =
      fault === undefined
        ? {
            float32: await timeGemm(cpu, "float32", GEMM_SIZE, GEMM_RUNS, () => performance.now(), {}),
            float64: await timeGemm(cpu, "float64", GEMM_SIZE, GEMM_RUNS, () => performance.now(), {}),
          }
        : null;
    const devices = await Promise.all(
      (["cuda", "webgpu"] as const).map(async (device) => ({
        device,
        fault: await deviceFault(device),
        needs: DEVICES[device],
      })),
    );
    const report = {
      schema: "thalweg/doctor@1" as const,
      thalweg: version(),
      platform: platformSummary(),
      engine: cpu.description,
      threads,
      memory: { total: totalmem(), free: freemem() },
      devices: [
        { device: "cpu", available: fault === undefined, reason: fault ?? null },
        ...devices.map(({ device, fault: reason }) => ({
          device,
          available: reason === undefined,
          reason: reason ?? null,
        })),
      ],
      gemm: speed && { float32: speed.float32.gflops, float64: speed.float64.gflops, size: GEMM_SIZE },
      exportCall: EXPORT_CALL,
    };
    const yes = style.green("yes");
    const rows = [
      ["thalweg", report.thalweg],
      ["machine", report.platform],
      ["engine", report.engine],
      ["threads", String(threads)],
      ["memory", `${formatBytes(report.memory.total)}, ${formatBytes(report.memory.free)} free`],
      [
        "matrix product",
        speed
          ? `${formatNumber(speed.float32.gflops, 3)} Gflop/s in float32, ${formatNumber(speed.float64.gflops, 3)} in float64`
          : "n/a",
      ],
      ["cpu", fault === undefined ? yes : style.red(`no: ${fault}`)],
      ...devices.map(({ device, fault: reason, needs }) => [device, reason === undefined ? yes : `no; ${needs}`]),
    ];
    const advice = [
      style.bold("To keep a PyTorch network's own parameters, export it with"),
      EXPORT_CALL.replaceAll(/^/gm, "    "),
      wrap(
        "Without these two options BatchNormalization is folded into convolutions and weights are renamed or merged: curvature would be that of other parameters. `thalweg inspect model.onnx` says what was done to a file.",
      ),
    ];
    return {
      text: `${table(rows, ["left", "left"])}\n\n${advice.join("\n\n")}\n`,
      document: report,
      exitCode: fault === undefined ? EXIT.done : EXIT.fault,
    };
  },
});
