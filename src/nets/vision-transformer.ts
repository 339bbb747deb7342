import { he } from "./initializations/he.ts";
import { smallNormal } from "./initializations/small-normal.ts";
import { badNet, imageIn, type Net, refuseMore, sizesIn } from "./net.ts";
import { transformerBlock } from "./transformer-block.ts";

export const visionTransformer: Net = {
  name: "vit",
  form: "vit[:CHANNELSxHEIGHTxWIDTH[:PATCH-WIDTH-HEADS-LAYERS-CLASSES]]",
  summary: "a transformer on square patches of an image, whose mean is classified; 3×32×32 and 4-64-4-2-10 by default",
  source: "Dosovitskiy 2021",
  examples: ["vit", "vit:1x8x8:2-32-4-2-10"],
  read(words) {
    refuseMore(this, words, 2);
    const [channels, height, rows] = imageIn(this, words[0] ?? "3x32x32");
    const [patch, width, heads, layers, classes = 0] = sizesIn(this, words[1] ?? "4-64-4-2-10", 5);
    if (height % patch !== 0 || rows % patch !== 0)
      throw badNet(this, `patches of ${patch} do not fill ${height}×${rows} pixels`);
    if (width % heads !== 0) throw badNet(this, `a width of ${width} is not shared by ${heads} heads`);
    const tokens = (height / patch) * (rows / patch);
    return {
      initialization: smallNormal,
      write(net) {
        const image = net.input("x", "float32", [channels, height, rows]);
        const shape = [width, channels, patch, patch];
        const cut = net.node(
          "Conv",
          [image, net.weight("patch_embed.weight", shape, he), net.filled("patch_embed.bias", [width], 0)],
          {
            kernel_shape: [patch, patch],
            strides: [patch, patch],
            pads: [0, 0, 0, 0],
            dilations: [1, 1],
            group: 1,
          },
        );
        const flat = net.node("Reshape", [cut, net.integers([0, width, tokens])]);
        const places = net.weight("pos_embed.weight", [tokens, width], smallNormal);
        let h = net.node("Add", [net.node("Transpose", [flat], { perm: [0, 2, 1] }), places]);
        for (let layer = 0; layer < layers; layer++)
          h = transformerBlock(net, `blocks.${layer}`, h, { tokens, width, heads, isCausal: false });
        const last = net.layerNormalization("norm", h, width);
        const mean = net.node("ReduceMean", [last, net.integers([1])], { keepdims: 0 });
        net.output("output", net.linear("head", mean, [width, classes]), [classes]);
      },
    };
  },
};
