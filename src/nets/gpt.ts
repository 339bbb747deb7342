import { tensor } from "../util/tensor.ts";
import { smallNormal } from "./initializations/small-normal.ts";
import { badNet, type Net, refuseMore, sizesIn } from "./net.ts";
import { transformerBlock } from "./transformer-block.ts";

/** Sizes that have a name. */
const NAMED: Readonly<Record<string, string>> = { tiny: "65-32-64-4-2" };

export const gpt: Net = {
  name: "gpt",
  form: "gpt:tiny or gpt:VOCABULARY-TOKENS-WIDTH-HEADS-LAYERS",
  summary: `a decoder of tokens [batch, tokens], int64, with learned places and its table tied to its output; tiny is ${NAMED["tiny"]}`,
  source: "Radford 2019",
  examples: ["gpt:tiny"],
  read(words) {
    refuseMore(this, words, 1);
    const word = words[0] ?? "tiny";
    const [vocabulary, tokens, width, heads, layers = 0] = sizesIn(this, NAMED[word] ?? word, 5);
    if (width % heads !== 0) throw badNet(this, `a width of ${width} is not shared by ${heads} heads`);
    return {
      initialization: smallNormal,
      write(net) {
        const x = net.input("x", "int64", [tokens]);
        const table = net.weight("transformer.wte.weight", [vocabulary, width], smallNormal);
        const places = net.weight("transformer.wpe.weight", [tokens, width], smallNormal);
        net.reserve([tokens]);
        const order = net.constant(
          tensor(
            "int64",
            [tokens],
            Float64Array.from({ length: tokens }, (_, i) => i),
          ),
        );
        let h = net.node("Add", [
          net.node("Gather", [table, x], { axis: 0 }),
          net.node("Gather", [places, order], { axis: 0 }),
        ]);
        for (let layer = 0; layer < layers; layer++)
          h = transformerBlock(net, `transformer.h.${layer}`, h, { tokens, width, heads, isCausal: true });
        const last = net.layerNormalization("transformer.ln_f", h, width);
        const logits = net.node("MatMul", [last, net.node("Transpose", [table], { perm: [1, 0] })]);
        net.output("output", logits, [tokens, vocabulary]);
      },
    };
  },
};
