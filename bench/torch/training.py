"""Steps of training in PyTorch's eager loop, for bench/training.mjs.

    training.py NETWORK OPTIMIZER --folder FOLDER
        writes FOLDER/model.onnx and FOLDER/data.npz, prints a JSON line when ready, then for every line N on stdin does N steps and
        prints the milliseconds that they took, and those of processor time of all threads.
        Also: `loss` prints that of the last step; `quit` ends.

A step is what a user writes: the rows of the batch, zero_grad, forward, backward, step. The order of the examples is that of the data, so
that both sides do the same steps.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import torch

from export import export_onnx
from models import build, cross_entropy
from runtime_info import describe

# name: (network of models.py, examples of a step)
TRAININGS = {'mlp': 128, 'lenet': 128, 'gpt': 16}
STEPS_A_ROUND = 8

OPTIMIZERS = {
    'momentum': lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9),
    'adam': lambda parameters: torch.optim.Adam(parameters, lr=1e-4),
}


def main():
    parser = argparse.ArgumentParser(description='steps of training in PyTorch')
    parser.add_argument('network', choices=TRAININGS)
    parser.add_argument('optimizer', choices=OPTIMIZERS)
    parser.add_argument('--folder', required=True)
    args = parser.parse_args()
    batch = TRAININGS[args.network]
    model, x, y = build(args.network, batch * STEPS_A_ROUND)
    os.makedirs(args.folder, exist_ok=True)
    export_onnx(model, x[:2], os.path.join(args.folder, 'model.onnx'))
    np.savez(os.path.join(args.folder, 'data.npz'), x=x.numpy(), y=y.numpy())
    model.train()
    optimizer = OPTIMIZERS[args.optimizer](model.parameters())
    order = torch.arange(len(x)).reshape(STEPS_A_ROUND, batch)
    step, loss = 0, None
    print(json.dumps({'ready': args.network, 'batch': batch, **describe()}), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == 'quit':
            return
        if command == 'loss':
            print(loss.item(), flush=True)
            continue
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(int(command)):
            chosen = order[step % STEPS_A_ROUND]
            optimizer.zero_grad(set_to_none=True)
            loss = cross_entropy(model(x[chosen]), y[chosen])
            loss.backward()
            optimizer.step()
            step += 1
        print(f'{(time.perf_counter() - start) * 1e3:.4f} {(time.process_time() - processor) * 1e3:.4f}', flush=True)


if __name__ == '__main__':
    main()
