import type { Device } from "../runtime/device.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { runtimeFault } from "./runtime-fault.ts";

/** @param byModel whether the model is in float64, rather than what was asked for */
export function noFloat64(device: Device, byModel: boolean): ThalwegError {
  return new ThalwegError({
    kind: "usage",
    code: "device-precision",
    message: `The device ${device} computes in float32 only${byModel ? ", and the model is float64" : ""}.`,
    hint: byModel
      ? "Give --precision float32, or leave --device out to compute in float64 on the processor."
      : "Leave --device or --precision out.",
  });
}

/** @throws usage error `device-not-available` */
export async function requireDevice(runtime: Runtime, device: Device): Promise<void> {
  const reason = await runtimeFault(runtime);
  if (reason === undefined) return;
  throw new ThalwegError({
    kind: "usage",
    code: "device-not-available",
    message: `The device ${device} cannot be used on this machine: ${reason}`,
    hint: "Leave --device out to compute on the CPU; `thalweg doctor` says what each device needs.",
  });
}
