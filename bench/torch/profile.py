"""A whole curvature profile as PyTorch users script it: the opponent of `thalweg profile`.

    profile.py DATA.npz [--lanczos 60] [--trace 40] [--slq-steps 80] [--slq-probes 4] [--mode kept|full]

The network is `mlp` of models.py. Hessian over all of DATA in batches: Lanczos with full
reorthogonalisation (top 5, bottom 3), Hutchinson trace (Rademacher), stochastic Lanczos quadrature.
mode `full` builds the gradient graph for every product, as PyHessian does on a data loader; `kept`
(the default, PyTorch's best) builds one graph for each batch and keeps them all in memory.
The numbers of products are arguments so that both sides of a comparison do the same work.
Prints one JSON line.
"""
import time

BEGIN = time.perf_counter()

import argparse
import json

import numpy as np
import torch

from models import build, cross_entropy
from runtime_info import describe, peak_rss_mb


class Hessian:
    """Of the mean loss over the whole data set; acts on flat float32 vectors."""

    def __init__(self, model, x, y, batch, mode):
        self.params = list(model.parameters())
        self.sizes = [p.numel() for p in self.params]
        self.dimension = sum(self.sizes)
        self.products = 0
        self.model, self.batches, self.total = model, list(zip(x.split(batch), y.split(batch))), len(x)
        self.kept = None
        gradients, self.loss = [], 0.0
        for bx, by in self.batches:
            loss, gradient = self.gradient(bx, by)
            self.loss += loss.item() * len(bx) / self.total
            gradients.append(gradient if mode == 'kept' else [g.detach() for g in gradient])
        weights = [len(bx) / self.total for bx, _ in self.batches]
        self.g = self.flat([sum(w * g[i].detach() for w, g in zip(weights, gradients)) for i in range(len(self.params))])
        if mode == 'kept':
            self.kept = gradients

    def gradient(self, x, y):
        loss = cross_entropy(self.model(x), y)
        return loss, torch.autograd.grad(loss, self.params, create_graph=True)

    def flat(self, tensors):
        return torch.cat([t.reshape(-1) for t in tensors])

    def __call__(self, v):
        self.products += 1
        parts = [a.view_as(p) for a, p in zip(v.split(self.sizes), self.params)]
        out = torch.zeros(self.dimension)
        for i, (x, y) in enumerate(self.batches):
            gradient = self.kept[i] if self.kept else self.gradient(x, y)[1]
            hv = torch.autograd.grad(gradient, self.params, grad_outputs=parts, retain_graph=self.kept is not None)
            out.add_(self.flat(hv), alpha=len(x) / self.total)
        return out


def lanczos(apply, start, steps):
    """T (steps x steps) with full, twice repeated Gram-Schmidt."""
    basis = torch.empty(steps, start.numel())
    alpha, beta = [], []
    q = start / start.norm()
    for j in range(steps):
        basis[j] = q
        w = apply(q)
        alpha.append(torch.dot(q, w).item())
        for _ in range(2):
            w = w - basis[:j + 1].t() @ (basis[:j + 1] @ w)
        beta.append(w.norm().item())
        q = w / beta[-1]
    return np.diag(alpha) + np.diag(beta[:-1], 1) + np.diag(beta[:-1], -1), beta[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('data')
    parser.add_argument('--lanczos', type=int, default=60)
    parser.add_argument('--trace', type=int, default=40)
    parser.add_argument('--slq-steps', type=int, default=80)
    parser.add_argument('--slq-probes', type=int, default=4)
    parser.add_argument('--batch-size', type=int, default=1000)
    parser.add_argument('--mode', choices=['kept', 'full'], default='kept')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()

    seconds, clock = {}, BEGIN

    def lap(stage):
        nonlocal clock
        now = time.perf_counter()
        seconds[stage], clock = round(now - clock, 3), now

    with np.load(args.data) as data:
        x, y = torch.from_numpy(data['x']), torch.from_numpy(data['y'])
    model, _, _ = build('mlp', batch=1)
    lap('start')
    hessian = Hessian(model, x, y, args.batch_size, args.mode)
    lap('gradient')
    generator = torch.Generator().manual_seed(args.seed)

    t, last_beta = lanczos(hessian, torch.randn(hessian.dimension, generator=generator), args.lanczos)
    values, vectors = np.linalg.eigh(t)
    residuals = np.abs(last_beta * vectors[-1])
    lap('lanczos')

    samples = []
    for _ in range(args.trace):
        z = torch.randint(2, (hessian.dimension,), generator=generator) * 2.0 - 1
        samples.append(torch.dot(z, hessian(z)).item())
    lap('trace')

    density = []
    for _ in range(args.slq_probes):
        t, _ = lanczos(hessian, torch.randn(hessian.dimension, generator=generator), args.slq_steps)
        nodes, u = np.linalg.eigh(t)
        density.append({'nodes': nodes.tolist(), 'weights': (u[0] ** 2).tolist()})
    lap('density')

    seconds['total'] = round(time.perf_counter() - BEGIN, 3)
    print(json.dumps({
        **describe(), 'mode': args.mode, 'examples': len(x), 'parameters': hessian.dimension,
        'loss': hessian.loss, 'gradientNorm': hessian.g.norm().item(),
        'top': values[::-1][:5].tolist(), 'topResiduals': residuals[::-1][:5].tolist(),
        'bottom': values[:3].tolist(), 'bottomResiduals': residuals[:3].tolist(),
        'trace': {'value': float(np.mean(samples)),
                  'standardError': float(np.std(samples, ddof=1) / len(samples) ** 0.5) if len(samples) > 1 else None},
        'frobeniusFromDensity': float(np.sqrt(hessian.dimension * np.mean(
            [np.dot(d['weights'], np.square(d['nodes'])) for d in density]))) if density else None,
        'products': hessian.products, 'seconds': seconds, 'peakRssMb': round(peak_rss_mb())}))


if __name__ == '__main__':
    main()
