"""Writes torch-paths.json: where torch.optim goes in 200 steps of float64, every 20th. Run with Debian's python3."""
import json, pathlib, torch

CURVATURES = [0.1, 1.0, 7.0]


def quadratic(x):
    return torch.tensor(CURVATURES, dtype=torch.float64) * x


def rosenbrock(x):
    a, b = x[0], x[1]
    return torch.stack([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])


FUNCTIONS = {"quadratic": (quadratic, [1.0, -2.0, 0.5]), "rosenbrock": (rosenbrock, [-1.2, 1.0])}
# name here, options here, class there, options there
CASES = [
    ("gd", {}, "SGD", {}),
    ("gd", {"weightDecay": 0.1}, "SGD", {"weight_decay": 0.1}),
    ("sgd", {"momentum": 0.8, "dampening": 0.3, "weightDecay": 0.01}, "SGD", {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01}),
    ("sgd", {"momentum": 0.8, "nesterov": True, "weightDecay": 0.01}, "SGD", {"momentum": 0.8, "nesterov": True, "weight_decay": 0.01}),
    ("momentum", {}, "SGD", {"momentum": 0.9}),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}),
    ("ema", {}, "SGD", {"momentum": 0.9, "dampening": 0.9}),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"momentum": 0.5, "weightDecay": 0.1}, "RMSprop", {"momentum": 0.5, "weight_decay": 0.1}),
    ("rmsprop", {"centered": True, "momentum": 0.5}, "RMSprop", {"centered": True, "momentum": 0.5}),
    ("adam", {}, "Adam", {}),
    ("adam", {"beta1": 0.5, "beta2": 0.9, "weightDecay": 0.1}, "Adam", {"betas": (0.5, 0.9), "weight_decay": 0.1}),
    ("adam", {"amsgrad": True}, "Adam", {"amsgrad": True}),
    ("adamw", {}, "AdamW", {}),
    ("adamw", {"weightDecay": 0.1, "amsgrad": True}, "AdamW", {"weight_decay": 0.1, "amsgrad": True}),
]
rows = []
for function, (gradient, start) in FUNCTIONS.items():
    for name, ours, theirs, options in CASES:
        adaptive = theirs != "SGD"
        lr = (0.01 if adaptive else 0.05) if function == "quadratic" else (0.01 if adaptive else 2e-4)
        x = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
        optimizer = getattr(torch.optim, theirs)([x], lr=lr, **options)
        path = []
        for step in range(1, 201):
            x.grad = gradient(x.detach())
            optimizer.step()
            if step % 20 == 0:
                path.append(x.detach().tolist())
        rows.append({"function": function, "optimizer": name, "options": {"lr": lr, **ours}, "start": start, "every": 20, "path": path})
out = pathlib.Path(__file__).with_name("torch-paths.json")
out.write_text(json.dumps({"torch": torch.__version__, "curvatures": CURVATURES, "rows": rows}) + "\n")
