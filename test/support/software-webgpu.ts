import { existsSync } from "node:fs";

/** Where Debian's chromium brings a Vulkan driver that computes on the processor. */
const CHROMIUM = "/usr/lib/chromium";
const DRIVER = `${CHROMIUM}/vk_swiftshader_icd.json`;

/** Whether WebGPU can be tried on this machine without a GPU. */
export const hasSoftwareWebGpu = existsSync(DRIVER);

/** The environment in which a process computes WebGPU in software; it has to be there when the process starts. */
export const SOFTWARE_WEBGPU: Readonly<Record<string, string>> = hasSoftwareWebGpu
  ? { VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: [CHROMIUM, process.env["LD_LIBRARY_PATH"] ?? []].flat().join(":") }
  : {};
