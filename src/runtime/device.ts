/** Where products can be computed. */
export const DEVICES = ["cpu", "cuda", "webgpu"] as const;

export type Device = (typeof DEVICES)[number];
