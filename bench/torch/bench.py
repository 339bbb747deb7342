"""Times PyTorch's ways to a gradient and to curvature products, one network at a time.

    bench.py NETWORK [--what hvp,gradient] [--runs 12] [--warmup 3] [--precision float64]
        one JSON line: median, minimum and runs in ms for each measure, peak RSS in MB.

    bench.py NETWORK --serve
        prints a JSON line when ready, then for every line on stdin runs that measure once and prints
        its milliseconds, so that another process can alternate single measurements with this one.
        Also: `rss` prints the peak in MB; `quit` ends. A bad line prints `error ...`.

Measures: forward, gradient, hvp (double backward, PyHessian's and curvlinops' default), hvp-kept
(gradient graph built once, outside the clock, then one backward per vector), ggn (double-backward
J v), ggn-forward (forward-mode J v). Forward over reverse is missing: PyTorch 1.13 has no
forward-mode rule for the backward of cross-entropy or layer normalisation.

Start it with start.sh: with Debian's defaults PyTorch is two to eight times slower than it need be.
"""
import argparse
import json
import statistics
import sys
import time

import torch
import torch.autograd.forward_ad as forward_ad
from torch.nn.utils.stateless import functional_call

from models import NETWORKS, build, cross_entropy
from runtime_info import describe, peak_rss_mb


class Measures:
    """Each method without a leading underscore is a measure: it returns one result to wait for."""

    def __init__(self, name, precision):
        self._model, self._x, self._y = build(name)
        if precision == 'float64':
            self._model = self._model.double()
            self._x = self._x.double() if self._x.is_floating_point() else self._x
        self._names, self._params = zip(*self._model.named_parameters())
        generator = torch.Generator().manual_seed(99)
        v = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in self._params]
        norm = torch.sqrt(sum((a * a).sum() for a in v))
        self._v = [(a / norm).to(p.dtype) for a, p in zip(v, self._params)]
        self._kept = None

    def _loss(self):
        return cross_entropy(self._model(self._x), self._y)

    def _loss_product(self, logits, jv):
        z = logits.detach().requires_grad_()
        dz, = torch.autograd.grad(cross_entropy(z, self._y), z, create_graph=True)
        return torch.autograd.grad(dz, z, jv)[0]

    def forward(self):
        with torch.no_grad():
            return self._loss()

    def gradient(self):
        return torch.autograd.grad(self._loss(), self._params)

    def hvp(self):
        gradient = torch.autograd.grad(self._loss(), self._params, create_graph=True)
        return torch.autograd.grad(gradient, self._params, grad_outputs=self._v)

    def hvp_kept(self):
        return torch.autograd.grad(self._kept, self._params, grad_outputs=self._v, retain_graph=True)

    def hvp_kept_prepare(self):
        if self._kept is None:
            self._kept = torch.autograd.grad(self._loss(), self._params, create_graph=True)

    def ggn(self):
        logits = self._model(self._x)
        u = torch.zeros_like(logits, requires_grad=True)
        jtu = torch.autograd.grad(logits, self._params, u, create_graph=True)
        jv, = torch.autograd.grad(jtu, u, self._v, retain_graph=True)
        return torch.autograd.grad(logits, self._params, self._loss_product(logits, jv))

    def ggn_forward(self):
        with forward_ad.dual_level():
            duals = {n: forward_ad.make_dual(p, v) for n, p, v in zip(self._names, self._params, self._v)}
            logits, jv = forward_ad.unpack_dual(functional_call(self._model, duals, (self._x,)))
        return torch.autograd.grad(logits, self._params, self._loss_product(logits, jv.detach()))


NAMES = ['forward', 'gradient', 'hvp', 'hvp-kept', 'ggn', 'ggn-forward']


def run_once(measures, name):
    """Milliseconds of one run, and its result."""
    method = name.replace('-', '_')
    getattr(measures, method + '_prepare', lambda: None)()
    start = time.perf_counter()
    result = getattr(measures, method)()
    return (time.perf_counter() - start) * 1e3, result


def norm(result):
    tensors = [result] if torch.is_tensor(result) else result
    return torch.sqrt(sum((t.detach().double() ** 2).sum() for t in tensors)).item()


def serve(measures, network):
    print(json.dumps({'ready': network, **describe()}), flush=True)
    for line in sys.stdin:
        command = line.strip()
        if command == 'quit':
            return
        if command == 'rss':
            print(f'{peak_rss_mb():.1f}', flush=True)
        elif command in NAMES:
            try:
                print(f'{run_once(measures, command)[0]:.4f}', flush=True)
            except (RuntimeError, NotImplementedError) as error:
                print('error', str(error).splitlines()[0], flush=True)
        else:
            print('error unknown measure; one of', ', '.join(NAMES + ['rss', 'quit']), flush=True)


def table(measures, network, what, runs, warmup):
    out = {'network': network, **describe(), 'measures': {}}
    for name in what:
        try:
            for _ in range(warmup):
                run_once(measures, name)
            times, result = [], None
            for _ in range(runs):
                ms, result = run_once(measures, name)
                times.append(ms)
            out['measures'][name] = {
                'medianMs': round(statistics.median(times), 3), 'minMs': round(min(times), 3), 'runs': runs,
                'norm': norm(result), 'peakRssMb': round(peak_rss_mb())}
        except (RuntimeError, NotImplementedError) as error:
            out['measures'][name] = {'error': str(error).splitlines()[0]}
    print(json.dumps(out), flush=True)


def main():
    parser = argparse.ArgumentParser(description='PyTorch timings for one network')
    parser.add_argument('network', choices=NETWORKS)
    parser.add_argument('--serve', action='store_true')
    parser.add_argument('--what', default='forward,gradient,hvp,ggn,ggn-forward,hvp-kept')
    parser.add_argument('--runs', type=int, default=12)
    parser.add_argument('--warmup', type=int, default=3)
    parser.add_argument('--precision', choices=['float32', 'float64'], default='float32')
    args = parser.parse_args()
    measures = Measures(args.network, args.precision)
    if args.serve:
        serve(measures, args.network)
    else:
        table(measures, args.network, args.what.split(','), args.runs, args.warmup)


if __name__ == '__main__':
    main()
