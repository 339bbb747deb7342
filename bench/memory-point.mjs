// node bench/memory-point.mjs FOLDER plain|kept: peak memory, in MB, of a process that only computes Hessian products.
import { hessianProduct } from "../dist/problem/derivatives/hessian.js";
import { openNetwork, readVector } from "./open-network.mjs";

const [folder, mode] = process.argv.slice(2);
const problem = await openNetwork(folder, { cacheBytes: (mode === "kept" ? 1024 : 4) * 2 ** 20 });
const vector = readVector(folder, "v.npz", problem.space);
for (let run = 0; run < 5; run++) await problem.point.product(hessianProduct, [vector]);
console.log(process.resourceUsage().maxRSS / 1024);
