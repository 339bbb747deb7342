import { createHash } from "node:crypto";
import { InferenceSession } from "onnxruntime-node";

/*
 * The tests measure the same few networks again and again, and to make a session takes longer than to run such graphs:
 * most sessions of a file are of bytes that another one had before.
 */

type Options = InferenceSession.SessionOptions;

/** Those of larger models hold more memory, for the values of their nodes, than they save time. */
const LARGEST = 2 ** 14;
/** So many may wait for whoever needs them. */
const PLACES = 300;

const create = InferenceSession.create.bind(InferenceSession);
/** Those that nobody has, the one that was released longest ago first. */
const waiting: { readonly key: string; readonly session: InferenceSession }[] = [];

/** Whether it is of a graph that we emitted, for the processor: nothing of a run is left in it. Files may draw numbers. */
const mayWait = (model: unknown, options: Options): model is Uint8Array =>
  model instanceof Uint8Array &&
  model.length <= LARGEST &&
  options.executionProviders?.every((provider) => provider === "cpu") === true &&
  options.graphOptimizationLevel !== "disabled";

/** A session that is its holder's until it is released, which is once. */
function lend(session: InferenceSession, key: string): InferenceSession {
  let isReleased = false;
  const release = async () => {
    isReleased = true;
    waiting.push({ key, session });
    if (waiting.length > PLACES) await waiting.shift()?.session.release();
  };
  return new Proxy(session, {
    get(target, name) {
      if (isReleased) throw new Error("the session was released before");
      if (name === "release") return release;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function take(model: Uint8Array, options: Options): Promise<InferenceSession> {
  const key = createHash("sha256").update(JSON.stringify(options)).update(model).digest("base64");
  const at = waiting.findLastIndex((each) => each.key === key);
  return lend(at < 0 ? await create(model, options) : waiting.splice(at, 1)[0].session, key);
}

/** From now on, sessions that were released in this process are given to whoever asks for one of the same bytes and options. */
export function reuseSessions(): void {
  InferenceSession.create = new Proxy(create, {
    apply: (_create, _session, [model, options]: [Parameters<typeof create>[0], Options?]) =>
      options && mayWait(model, options) ? take(model, options) : Reflect.apply(create, undefined, [model, options]),
  });
}
