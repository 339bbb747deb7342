import { he } from "./initializations/he.ts";
import { badNet, imageIn, type Net, refuseMore, sizesIn } from "./net.ts";

export const lenet: Net = {
  name: "lenet",
  form: "lenet[:CHANNELSxHEIGHTxWIDTH[:CLASSES]]",
  summary:
    "two 5×5 convolutions (6 and 16 channels), pooled, and layers of 120 and 84 units, with ReLU; 1×28×28 and 10 classes by default",
  source: "LeCun 1998",
  examples: ["lenet", "lenet:1x16x16:10"],
  read(words) {
    refuseMore(this, words, 2);
    const [channels, height, width] = imageIn(this, words[0] ?? "1x28x28");
    const [classes] = sizesIn(this, words[1] ?? "10", 1);
    const shrunk = (extent: number) => Math.floor((Math.floor(extent / 2) - 4) / 2);
    const [rows, columns] = [shrunk(height), shrunk(width)];
    if (rows < 1 || columns < 1)
      throw badNet(this, `nothing is left of ${height}×${width} pixels; 12 are the least, and cnn takes fewer`);
    return {
      initialization: he,
      ends: { first: "conv1", last: "fc3" },
      write(net) {
        const x = net.input("x", "float32", [channels, height, width]);
        const relu = (value: string) => net.node("Relu", [value]);
        const first = net.halved(relu(net.conv("conv1", x, [channels, 6], { kernel: 5, padding: 2 })));
        const second = net.halved(relu(net.conv("conv2", first, [6, 16], { kernel: 5 })));
        const flat = net.node("Flatten", [second], { axis: 1 });
        const third = relu(net.linear("fc1", flat, [16 * rows * columns, 120]));
        const fourth = relu(net.linear("fc2", third, [120, 84]));
        net.output("output", net.linear("fc3", fourth, [84, classes]), [classes]);
      },
    };
  },
};
