import { createRandom } from "../random/random-stream.ts";
import { didYouMean } from "../util/suggest.ts";
import { ThalwegError } from "../util/thalweg-error.ts";
import { INITIALIZATIONS } from "./initializations/registry.ts";
import { badNet } from "./net.ts";
import { NetBuilder } from "./net-builder.ts";
import { NETS } from "./registry.ts";

/** A name, words behind colons, and the seed of the weights behind an @. */
const NAME = /^([a-z][a-z0-9-]*)((?::[^:@/\\.]+)*)(?:@(\d{1,15}))?$/;

/** Whether it is written as networks are: no name of a file that has an ending or lies in a folder. */
export function isNetName(text: string): boolean {
  return NAME.test(text);
}

/** The name of a built-in network with a seed for its weights, where it says none; 0 is that of a name without. */
export function seededName(text: string, seed: number): string {
  return isNetName(text) && !text.includes("@") && seed !== 0 ? `${text}@${seed}` : text;
}

/**
 * A built-in network as the bytes of an ONNX file (opset 18). The initialisation is a word among the others, the seed of the
 * weights stands behind an @, 0 where there is none: the same name gives the same bytes.
 *
 * @example
 * decodeModel(makeNet("mlp:64-32-10:tanh:orthogonal@3"), { file: "mlp" }).parameters[0].name; // "0.weight"
 * @throws input errors `unknown-net`, `bad-net`
 */
export function makeNet(text: string): Uint8Array<ArrayBuffer> {
  const [, name = text, rest = "", seed = "0"] = NAME.exec(text) ?? [];
  const net = NETS.find((each) => each.name === name);
  if (net === undefined) throw unknownNet(text, name);
  const all = rest.split(":").slice(1);
  const initialization = INITIALIZATIONS.find((each) => all.includes(each.name));
  const plan = net.read(all.filter((word) => word !== initialization?.name));
  const drawn = initialization ?? plan.initialization;
  if (drawn.asksEnds === true && plan.ends === undefined)
    throw badNet(net, `${drawn.name} is not known for its layers`);
  const builder = new NetBuilder(drawn, plan.ends, createRandom(Number(seed)).split("net"));
  plan.write(builder);
  return builder.bytes(
    `${text}: ${net.summary} (${net.source}). Weights: ${drawn.summary} (${drawn.source}), seed ${seed}.`,
  );
}

function unknownNet(text: string, name: string): ThalwegError {
  const names = NETS.map((each) => each.name);
  return new ThalwegError({
    kind: "input",
    code: "unknown-net",
    message: `There is no file ${text}, and no built-in network "${name}".`,
    where: { file: text },
    hint: didYouMean(name, names) ?? "`thalweg nets` lists the built-in networks.",
  });
}
