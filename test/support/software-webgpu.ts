import { existsSync } from "node:fs";

/** Where Debian's chromium brings a Vulkan driver that computes on the processor. */
const CHROMIUM = "/usr/lib/chromium";
const DRIVER = `${CHROMIUM}/vk_swiftshader_icd.json`;

/** Whether WebGPU can be tried on this machine without a GPU. */
export const hasSoftwareWebGpu = existsSync(DRIVER);

const LIBRARIES = process.env["LD_LIBRARY_PATH"]?.split(":").filter((folder) => folder !== CHROMIUM);

/** The environment in which a process computes WebGPU in software; it has to be there when the process starts. */
export const SOFTWARE_WEBGPU: Readonly<Record<string, string>> = hasSoftwareWebGpu
  ? { VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: [CHROMIUM, ...(LIBRARIES ?? [])].join(":") }
  : {};

/** The environment of a machine without WebGPU: what asks each device does not wait for one in software. */
export const NO_WEBGPU: NodeJS.ProcessEnv = { VK_ICD_FILENAMES: undefined, LD_LIBRARY_PATH: LIBRARIES?.join(":") };
