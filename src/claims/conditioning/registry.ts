import { limitedMemory } from "./limited-memory.ts";

export const CONDITIONING = [limitedMemory] as const;
