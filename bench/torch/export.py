"""export.py OUT_DIR [NAME...]: each benchmark network as ONNX, its data, and a float64 oracle.

Writes OUT_DIR/<name>/{model.onnx, data.npz, v.npz, gradient.npz, hv.npz, ggnv.npz, oracle.json}. The oracle
(loss, gradient, Hessian and Gauss-Newton times a unit vector v) is computed by double backward in
float64 from the float32 weights, for the mean-reduction cross-entropy.
"""
import json
import os
import sys

import numpy as np
import torch

from models import NETWORKS, build, cross_entropy


def export_onnx(model, x, path):
    torch.onnx.export(
        model, x, path, opset_version=17, training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False, keep_initializers_as_inputs=False,
        input_names=['x'], output_names=['logits'],
        dynamic_axes={'x': {0: 'batch'}, 'logits': {0: 'batch'}})


def gauss_newton_product(logits, loss_of, params, v):
    """J'(H_loss (J v)) by double backward: J v is the derivative of (J'u).v with respect to u."""
    u = torch.zeros_like(logits, requires_grad=True)
    jtu = torch.autograd.grad(logits, params, u, create_graph=True)
    jv, = torch.autograd.grad(jtu, u, v)
    z = logits.detach().requires_grad_()
    dz, = torch.autograd.grad(loss_of(z), z, create_graph=True)
    hjv, = torch.autograd.grad(dz, z, jv)
    return torch.autograd.grad(logits, params, hjv)


def main(out, names):
    for name in names:
        model, x, y = build(name)
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        export_onnx(model, x, os.path.join(folder, 'model.onnx'))
        np.savez(os.path.join(folder, 'data.npz'), x=x.numpy(), y=y.numpy())

        model = model.double()
        x = x.double() if x.is_floating_point() else x
        keys, params = zip(*model.named_parameters())
        generator = torch.Generator().manual_seed(99)
        v = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in params]
        norm = torch.sqrt(sum((a * a).sum() for a in v))
        v = [a / norm for a in v]
        logits = model(x)
        loss = cross_entropy(logits, y)
        gradient = torch.autograd.grad(loss, params, create_graph=True)
        hv = torch.autograd.grad(gradient, params, v)
        ggnv = gauss_newton_product(model(x), lambda z: cross_entropy(z, y), params, v)
        for file, arrays in (('v', v), ('gradient', gradient), ('hv', hv), ('ggnv', ggnv)):
            np.savez(os.path.join(folder, file + '.npz'), **{k: a.detach().numpy() for k, a in zip(keys, arrays)})
        with open(os.path.join(folder, 'oracle.json'), 'w') as f:
            json.dump({
                'loss': loss.item(), 'examples': len(x), 'parameters': sum(p.numel() for p in params),
                'gradientNorm': torch.sqrt(sum((g * g).sum() for g in gradient)).item(),
                'vHv': sum((a * b).sum() for a, b in zip(v, hv)).item()}, f, indent=1)
        print(name, loss.item(), flush=True)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:] or list(NETWORKS))
