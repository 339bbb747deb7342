#!/usr/bin/env python3
"""Trains the network that `thalweg profile` measures when it is given none, and writes assets/digits.onnx.

An MLP 64-32-10 with tanh on the first 1437 of the 1797 digits (the last 360 are for testing), by SGD
with momentum, everything seeded. Needs PyTorch, NumPy and onnx.

    python3 scripts/train-digits.py
"""

import csv
import gzip
import io
import pathlib

import numpy as np
import onnx
import torch

SEED = 0
TRAIN = 1437
BATCH = 64
EPOCHS = 60
ASSETS = pathlib.Path(__file__).resolve().parent.parent / "assets"


def digits():
    with gzip.open(ASSETS / "digits.csv.gz", "rt") as lines:
        table = np.array([[float(cell) for cell in row] for row in csv.reader(lines)])
    return (torch.tensor(table[:, :-1] / 16, dtype=torch.float32), torch.tensor(table[:, -1], dtype=torch.int64))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(64, 32)
        self.output = torch.nn.Linear(32, 10)

    def forward(self, x):
        return self.output(torch.tanh(self.hidden(x)))


def evaluate(network, x, y):
    with torch.no_grad():
        logits = network(x)
        loss = torch.nn.functional.cross_entropy(logits, y).item()
        return loss, (logits.argmax(1) == y).float().mean().item()


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    x, y = digits()
    network = Network()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        order = torch.randperm(TRAIN)
        for start in range(0, TRAIN, BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimizer.step()
        schedule.step()
    for name, part in (("train", slice(None, TRAIN)), ("test", slice(TRAIN, None))):
        loss, accuracy = evaluate(network, x[part], y[part])
        print(f"{name}: loss {loss:.5f}, accuracy {100 * accuracy:.2f} %")
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        x[:2],
        buffer,
        input_names=["x"],
        output_names=["logits"],
        dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
        opset_version=15,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )
    model = onnx.load_from_string(buffer.getvalue())
    model.graph.name = "digits-mlp-64-32-10"
    model.doc_string = f"MLP 64-32-10, tanh, trained on the first {TRAIN} digits by scripts/train-digits.py"
    onnx.checker.check_model(model)
    onnx.save(model, str(ASSETS / "digits.onnx"))


if __name__ == "__main__":
    main()
