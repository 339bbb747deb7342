"""pair.py OUT_DIR: two networks of four layers of width 512, trained apart on digits, for bench/alignment.mjs.

Writes OUT_DIR/{a.onnx, b.npz, data.npz}: one network, the weights of the other under its names, and what both were trained on.
"""
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

DIGITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../test/pairs/mlp/data.npz')


def trained(x, y, seed, width=512, layers=4, steps=150):
    torch.manual_seed(seed)
    parts, inputs = [], x.shape[1]
    for _ in range(layers):
        parts += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    net = nn.Sequential(*parts, nn.Linear(inputs, 10))
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows = torch.randint(len(x), (64,))
        optimizer.zero_grad()
        F.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
        schedule.step()
    return net.eval()


def main(out):
    os.makedirs(out, exist_ok=True)
    with np.load(DIGITS) as file:
        x, y = file['x'], file['y']
    a, b = (trained(torch.from_numpy(x), torch.from_numpy(y), seed) for seed in (0, 1))
    torch.onnx.export(
        a, torch.from_numpy(x[:4]), os.path.join(out, 'a.onnx'), opset_version=15, input_names=['x'],
        output_names=['logits'], dynamic_axes={'x': {0: 'N'}, 'logits': {0: 'N'}}, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE)
    np.savez(os.path.join(out, 'b.npz'), **{name: value.detach().numpy() for name, value in b.state_dict().items()})
    np.savez(os.path.join(out, 'data.npz'), x=x, y=y)


if __name__ == '__main__':
    main(sys.argv[1])
