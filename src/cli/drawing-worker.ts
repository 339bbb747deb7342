/*
 * The worker that draws (`drawing-thread.ts`): one specification after the other, in the order in which they come.
 */
import { parentPort } from "node:worker_threads";
import { drawSvg } from "../report/draw-svg.ts";
import type { DrawingReply, DrawingRequest } from "./drawing-thread.ts";
import { messageOf } from "../util/message-of.ts";

async function answer({ id, spec }: DrawingRequest): Promise<DrawingReply> {
  try {
    return { id, svg: await drawSvg(spec) };
  } catch (error) {
    return { id, fault: messageOf(error) };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (request: DrawingRequest) => {
  last = last.then(async () => parentPort?.postMessage(await answer(request), []));
});
