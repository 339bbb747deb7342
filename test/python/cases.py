"""What python/thalweg.py promises, one case a function; prints a line of JSON for each: name, error (null where it holds).

The truth is autograd's. THALWEG names the built command line; the arguments are the names of the cases.
"""

import contextlib
import copy
import functools
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
sys.dont_write_bytecode = True

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import thalweg

FOLDER = Path(tempfile.mkdtemp(prefix="thalweg-python-"))
ONLY = ["loss", "gradient"]


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3, padding=1)
        self.normalisation = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(64, 3)

    def forward(self, image):
        hidden = F.relu(self.normalisation(self.convolution(image)))
        return self.head(self.drop(F.max_pool2d(hidden, 2)).flatten(1))


class Encoder(nn.Module):
    """Its layers are copies of one, which nobody has trained: equal, and yet two."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.position = nn.Parameter(0.1 * torch.randn(1, 6, 8))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
        self.head = nn.Linear(8, 11)
        self.register_buffer("mask", torch.triu(torch.full((6, 6), -torch.inf), 1), persistent=False)

    def forward(self, tokens):
        return self.head(self.encoder(self.embedding(tokens) + self.position, self.mask))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 5)
        self.middle = nn.Linear(5, 5)
        self.out = nn.Linear(5, 7, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, tokens):
        return self.out(torch.tanh(self.middle(self.embedding(tokens).mean(1))))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, sequence):
        return self.head(self.lstm(sequence)[0][:, -1])


class Buffers(nn.Module):
    """Parameters in places where a file does not tell them from constants, buffers that look like parameters, state that moves."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 6)
        self.gain = nn.Parameter(torch.rand(6))
        self.temperature = nn.Parameter(torch.tensor(0.7))
        self.last = nn.Linear(6, 2)
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]))
        self.register_buffer("offset", torch.randn(6))
        self.register_buffer("calls", torch.zeros(()))
        self.seen = 0

    def forward(self, x):
        self.calls += 1
        self.seen += 1
        self.latest = x
        return self.last(F.gelu(self.first(x) * self.gain + self.offset) * self.mask / self.temperature)


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Linear(4, 3)
        self.gate = nn.Linear(4, 3)

    def forward(self, x):
        return self.value(x) * torch.sigmoid(self.gate(x)).detach()


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_left = nn.Linear(4, 3)
        self.of_right = nn.Linear(2, 3)
        self.unused = nn.Linear(2, 2)

    def forward(self, left, right, scale=None):
        hidden = self.of_left(left)
        return {"hidden": (hidden, None), "logits": torch.tanh(hidden) + self.of_right(right)}


def truth(module, call, loss, labels):
    """Loss and length of the gradient in evaluation mode, by autograd."""
    modes = [each.training for each in module.modules()]
    module.eval()
    value = loss(call(module), labels)
    parameters = [each for each in module.parameters() if each.requires_grad]
    found = torch.autograd.grad(value, parameters, allow_unused=True)
    for each, mode in zip(module.modules(), modes):
        each.training = mode
    return value.item(), torch.cat([each.double().reshape(-1) for each in found if each is not None]).norm().item()


def near(found, expected, tolerance):
    assert abs(found - expected) <= tolerance * abs(expected), f"{found} against {expected}"


def agrees(module, x, y, loss, tolerance=1e-6, of_outputs=None, then=lambda: None, **flags):
    result = thalweg.profile(module, (x, y), loss, only=ONLY, quiet=True, threads=1, out=False, **flags)
    then()
    outputs = of_outputs or (lambda each: each)
    value, gradient = truth(module, lambda each: outputs(each(x)), loss or F.cross_entropy, y)
    near(result.loss, value, tolerance)
    near(result.gradientNorm, gradient, tolerance)
    assert result.model.parameters == sum(each.numel() for each in module.parameters()), result.model.parameters
    return result


def classes(count, *shape):
    return torch.randint(0, count, shape)


# ------------------------------------------------------------------------------------------------ modules against autograd


def case_mlp_as_in_the_readme():
    text = (HERE.parent.parent / "README.md").read_text("utf-8")
    example = text.split("## From PyTorch")[1].split("```python")[1].split("```")[0]
    module = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
    x, y = torch.randn(30, 5), classes(3, 30)
    names = {"torch": torch, "model": module, "x": x, "y": y}
    here = os.getcwd()
    os.chdir(FOLDER)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            exec(example, names)
    finally:
        os.chdir(here)
    assert "±" in out.getvalue(), out.getvalue()
    # What the command line says is passed on, and the folder has its default name.
    result = names["result"]
    assert "cross-entropy" in err.getvalue(), err.getvalue()
    assert result.path.parent.name == "thalweg-runs", result.path
    near(result.loss, F.cross_entropy(module(x), y).item(), 1e-6)
    parameters = list(module.parameters())
    g = torch.autograd.grad(F.cross_entropy(module(x), y), parameters, create_graph=True)
    flat = torch.cat([each.reshape(-1) for each in g])
    hessian = torch.stack(
        [
            torch.cat([part.reshape(-1) for part in torch.autograd.grad(each, parameters, retain_graph=True)])
            for each in flat
        ]
    )
    near(result.hessian.top[0].value, torch.linalg.eigvalsh(hessian)[-1].item(), 1e-4)
    assert result["hessian"]["top"][0]["value"] == result.json["result"]["hessian"]["top"][0]["value"]
    assert [each.name for each in result.model.tensors] == [name for name, _ in module.named_parameters()]
    # The run can be read again.
    assert thalweg.load(result.path).json == result.json
    # What a notebook shows.
    bundle = result._repr_mimebundle_()
    assert {"text/plain", "text/html"} < set(bundle), set(bundle)
    [kind] = [each for each in bundle if each.startswith("application/vnd.vegalite")]
    [version] = {each.spec["$schema"].split("/v")[-1].split(".")[0] for each in result.figures.values()}
    assert kind == f"application/vnd.vegalite.v{version}+json", kind
    assert bundle[kind]["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert "hessian.top" in bundle["text/plain"] and result._repr_html_().count("<img") == len(result.figures) > 0
    figure = next(iter(result.figures.values()))._repr_mimebundle_()
    assert kind in figure and figure["image/svg+xml"].startswith("<svg")


def case_a_run_that_is_continued_is_where_it_was_with_its_figures():
    model, place = HERE.parent.parent / "assets/digits.onnx", FOLDER / "continued"
    whole = thalweg.run("profile", model, data="digits", limit=20, only="loss,noise", out=place, quiet=True)
    again = thalweg.run("profile", resume=place, quiet=True)
    assert again.path == whole.path == place, again.path
    assert len(again.figures) == len(whole.figures) > 0, len(again.figures)


def case_convolutions_with_batch_normalisation():
    module = Convolutional()
    x, y = torch.randn(20, 1, 8, 8), classes(3, 20)
    module(x)
    module.drop.eval()
    F.cross_entropy(module(x), y).backward()
    calls = []
    module.head.register_forward_hook(lambda *_: calls.append("forward"))
    module.head.register_full_backward_hook(lambda *_: calls.append("backward"))
    module.head.weight.register_hook(lambda _: calls.append("tensor"))
    before = photograph(module)
    random_before = (torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate())

    def then():
        assert photograph(module) == before
        assert module.training and not module.drop.training and module.normalisation.training
        assert torch.equal(torch.get_rng_state(), random_before[0])
        assert np.array_equal(np.random.get_state()[1], random_before[1]) and random.getstate() == random_before[2]
        # Hooks did not see the comparison.
        assert "backward" not in calls and "tensor" not in calls

    agrees(module, x, y, nn.CrossEntropyLoss(), then=then)
    calls.clear()
    F.cross_entropy(module(x), y).backward()
    assert "backward" in calls and "tensor" in calls


def photograph(module):
    """All that a module holds, as bytes."""
    return {
        "modes": [each.training for each in module.modules()],
        "attributes": [sorted(each.__dict__) for each in module.modules()],
        "parameters": [
            (name, each.dtype, each.device, each.requires_grad, id(each), each.detach().numpy().tobytes())
            for name, each in module.named_parameters()
        ],
        "gradients": [None if each.grad is None else each.grad.numpy().tobytes() for each in module.parameters()],
        "buffers": [(name, id(each), each.numpy().tobytes()) for name, each in module.named_buffers()],
        "hooks": [
            (len(each._forward_hooks), len(each._forward_pre_hooks), len(each._backward_hooks))
            for each in module.modules()
        ],
    }


def case_transformer_encoder():
    module = Encoder()
    of_outputs = functools.partial(torch.transpose, dim0=1, dim1=2)
    agrees(module, classes(11, 9, 6), classes(11, 9, 6), None, of_outputs=of_outputs, verify=False)


def case_tied_weights():
    module = Tied()
    result = agrees(module, classes(7, 12, 4), classes(7, 12), nn.CrossEntropyLoss(), verify=False)
    assert [each.name for each in result.model.tensors] == [name for name, _ in module.named_parameters()]


def case_lstm():
    agrees(Recurrent(), torch.randn(8, 3, 3), torch.randn(8, 2), nn.MSELoss(), verify=False)


def case_buffers_and_masks():
    module = Buffers()
    before = photograph(module)
    result = agrees(module, torch.randn(10, 4), torch.randn(10, 2), nn.L1Loss())
    # The truth was computed once, after the measurement.
    assert module.seen == 1 and module.calls.item() == 1, module.seen
    assert {each.name for each in result.model.tensors} == {name for name, _ in module.named_parameters()}
    assert [each[:5] for each in before["parameters"]] == [each[:5] for each in photograph(module)["parameters"]]


def case_float64():
    module = nn.Sequential(nn.Linear(4, 6), nn.SiLU(), nn.LayerNorm(6), nn.Linear(6, 1)).double()
    x, y = torch.randn(10, 4, dtype=torch.float64), classes(2, 10, 1).double()
    result = agrees(module, x, y, nn.BCEWithLogitsLoss(), 1e-12, verify=False)
    assert result.precision == "float64"


def case_several_inputs_outputs_and_frozen_parameters():
    module = Two()
    module.of_right.requires_grad_(False)
    left, right, y = torch.randn(10, 4), torch.randn(10, 2), classes(3, 10)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        result = thalweg.apply(
            "gradient",
            module,
            {"right": right, "left": left, "y": y},
            nn.CrossEntropyLoss(),
            output="logits",
            quiet=True,
        )
    module.zero_grad()
    F.cross_entropy(module(left, right)["logits"], y).backward()
    assert set(result.arrays) == {"of_left.weight", "of_left.bias"}, set(result.arrays)
    for name, found in result.arrays.items():
        np.testing.assert_allclose(found, module.get_parameter(name).grad.numpy(), rtol=1e-4, atol=1e-6)
    told = " ".join(str(each.message) for each in heard)
    assert "of_right.weight" in told and "unused.weight" in told, told
    assert any("unused.weight" in each for each in result.warnings)


def case_nothing_is_fused_or_merged():
    # Frozen attention runs in one fused step in evaluation mode; its biases are equal, as are those of its normalisations.
    module = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Flatten(), nn.Linear(24, 2))
    module[0].requires_grad_(False)
    result = thalweg.inspect(module, torch.randn(5, 3, 8), verify=False, quiet=True)
    assert {name for name, _ in module.named_parameters()} <= {each.name for each in result.initializers}
    assert result.notices == (), result.notices
    assert [each.requires_grad for each in module.parameters()] == 12 * [False] + 2 * [True]


def case_a_hessian_times_a_vector():
    module = nn.Linear(4, 3)
    x, y = torch.randn(12, 4), classes(3, 12)
    v = torch.randn(15)
    result = thalweg.apply(
        "hessian", module, (x.numpy(), y.numpy()), F.cross_entropy, vector=v, verify=False, quiet=True
    )
    g = torch.autograd.grad(F.cross_entropy(module(x), y), list(module.parameters()), create_graph=True)
    along = sum((part.reshape(-1) @ w for part, w in zip(g, v.split([12, 3]))), torch.zeros(()))
    for found, expected in zip(result.arrays.values(), torch.autograd.grad(along, list(module.parameters()))):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6)


def case_losses():
    x = torch.randn(10, 4)
    ignoring = torch.tensor([0, 1, 2, 1, 7, 0, 7, 2, 1, 0])
    for loss, y in (
        (nn.CrossEntropyLoss(reduction="sum", ignore_index=7), ignoring),
        (functools.partial(F.smooth_l1_loss, reduction="mean"), 3 * torch.randn(10, 3)),
        (nn.BCEWithLogitsLoss(), torch.rand(10, 3)),
    ):
        module = nn.Linear(4, 3)
        result = thalweg.apply("gradient", module, (x, y), loss, verify=False, quiet=True, threads=1)
        near(result.norm, truth(module, lambda each: each(x), loss, y)[1], 1e-6)


def case_losses_with_numbers_of_their_own():
    """Each against autograd: the gradient that is measured, and that the file is held against before."""
    x, targets = torch.randn(10, 4), 3 * torch.randn(10, 3)
    ignoring, soft = torch.tensor([0, 1, 2, 1, 7, 0, 7, 2, 1, 0]), torch.softmax(torch.randn(10, 3), 1)
    for loss, y in (
        (nn.HuberLoss(delta=0.5), targets),
        (nn.SmoothL1Loss(beta=0.25), targets),
        (nn.CrossEntropyLoss(label_smoothing=0.2, ignore_index=7), ignoring),
        (functools.partial(F.cross_entropy, label_smoothing=0.3, reduction="sum"), soft),
        (nn.CrossEntropyLoss(weight=torch.tensor([0.3, 2, 0.5]), ignore_index=7), ignoring),
        (nn.BCEWithLogitsLoss(pos_weight=torch.tensor([0.3, 2, 5])), (targets > 0).float()),
        (nn.MultiMarginLoss(margin=0.5, p=2), torch.randint(0, 3, (10,))),
    ):
        module = nn.Linear(4, 3)
        norm = truth(module, lambda each: each(x), loss, y)[1]
        plain = loss.func if isinstance(loss, functools.partial) else type(loss)()
        usual = truth(module, lambda each: each(x), plain, y.clamp(max=2) if y is ignoring else y)[1]
        assert abs(norm - usual) > 1e-2 * norm, loss
        result = thalweg.apply("gradient", module, (x, y), loss, quiet=True, threads=1)
        near(result.norm, norm, 1e-6)
    said = refused(lambda: thalweg.apply("gradient", module, (x, targets), nn.HuberLoss(delta=2), loss_option=["delta=3"]))
    assert said.code == "loss-mismatch", said
    # The usual number is one that the loss says, too; the same number, however it is spelt, is no other.
    for usual in [nn.HuberLoss(), nn.HuberLoss, F.huber_loss]:
        said = refused(lambda: thalweg.apply("gradient", module, (x, targets), usual, loss_option=["delta=0.5"]))
        assert said.code == "loss-mismatch" and "delta=1.0" in str(said), said
    partial = functools.partial(F.huber_loss, delta=2)
    result = thalweg.apply("gradient", module, (x, targets), partial, loss_option="delta=2", quiet=True, threads=1)
    near(result.norm, truth(module, lambda each: each(x), partial, targets)[1], 1e-6)


# ------------------------------------------------------------------------------------------------ what is not what it seems


def case_a_derivative_that_a_file_cannot_hold():
    error = refused(
        lambda: thalweg.profile(Detached(), (torch.randn(10, 4), classes(3, 10)), nn.CrossEntropyLoss(), quiet=True)
    )
    assert error.code == "export-differs" and "detach" in error.hint, error
    assert error.where["parameter"].startswith("gate"), error.where
    # Where the node is named, the file is the module again.
    module, x, y = Detached(), torch.randn(10, 4), classes(3, 10)
    with torch.inference_mode():
        result = thalweg.apply("gradient", module, (x, y), F.cross_entropy, freeze=["/Sigmoid"], quiet=True, threads=1)
    near(result.norm, truth(module, lambda each: each(x), F.cross_entropy, y)[1], 1e-6)


def case_labels_that_the_loss_broadcasts():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = refused(
            lambda: thalweg.check(nn.Linear(4, 1), (torch.randn(10, 4), torch.randn(10)), nn.MSELoss(), quiet=True)
        )
    assert error.code == "export-differs", error


def case_an_error_of_the_command_line():
    module = Convolutional()
    module(torch.randn(4, 1, 8, 8))
    before = photograph(module)
    error = refused(
        lambda: thalweg.apply(
            "gradient",
            module,
            (torch.randn(10, 1, 8, 8), classes(3, 10) + 5),
            "cross-entropy",
            verify=False,
            quiet=True,
        )
    )
    assert (error.code, error.kind, error.exit_code) == ("label-outside-classes", "input", 3), vars(error)
    assert "has 3 classes" in error.message and error.hint
    assert photograph(module) == before


def case_held_out_examples():
    x, y = torch.randn(30, 5), classes(3, 30)
    x_test, y_test = torch.randn(12, 5), classes(3, 12)
    module = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3))
    loss = truth(module, lambda each: each(x_test), F.cross_entropy, y_test)[0]
    path = FOLDER / "held-out.npz"
    np.savez(path, x=x_test.numpy(), y=y_test.numpy())
    named = {"input": x_test, "y": y_test}
    for test in [(x_test, y_test), torch.utils.data.TensorDataset(x_test, y_test), named, path]:
        result = thalweg.profile(
            module, (x, y), nn.CrossEntropyLoss(), test=test, only="held-out", out=False, quiet=True, threads=1
        )
        near(result.heldOut.loss, loss, 1e-6)
        assert result.heldOut.data.examples == 12, result.heldOut.data
    said = refused(lambda: thalweg.profile(FOLDER / "no.onnx", path, test=(x_test, y_test)))
    assert said.code == "bad-data" and "test must be a file" in str(said), said


def case_errors_before_the_command_line():
    x, y = torch.randn(10, 4), classes(3, 10)
    module = nn.Linear(4, 3)
    fails = {
        "unsupported-loss": [
            lambda: thalweg.profile(module, (x, y), nn.BCEWithLogitsLoss(weight=torch.ones(3))),
            lambda: thalweg.profile(module, (x, y), functools.partial(F.multi_margin_loss, weight=torch.ones(3))),
            lambda: thalweg.profile(module, (x, y), nn.MSELoss(reduction="none")),
        ],
        "unknown-loss": [
            lambda: thalweg.profile(module, (x, y), nn.KLDivLoss()),
            lambda: thalweg.profile(module, (x, y), lambda z, y: z.mean()),
        ],
        "loss-mismatch": [lambda: thalweg.profile(module, (x, y), nn.MSELoss(), reduction="sum")],
        "data-lengths": [lambda: thalweg.profile(module, (x, y[:7]))],
        "forward-failed": [lambda: thalweg.profile(module, (torch.randn(10, 5), y))],
        "missing-input": [lambda: thalweg.profile(Two(), (x, y))],
        "foreign-arrays": [lambda: thalweg.profile(module, {"input": x, "y": y, "z": y})],
        "ragged-data": [lambda: thalweg.profile(module, [(x[0], 1), (x[1][:3], 1)] * 200)],
        "no-data": [lambda: thalweg.profile(module)],
        "no-values": [lambda: thalweg.profile(nn.LazyLinear(3), (x, y))],
        "bad-output": [lambda: thalweg.profile(Saying(lambda each: (each, "text")), (x, y))],
        "no-gradient": [lambda: thalweg.profile(Saying(lambda each: each.detach()), (x, y))],
        "export-failed": [
            lambda: thalweg.export(Saying(lambda each: torch.special.bessel_j0(each)), (x, y), FOLDER / "no.onnx")
        ],
        "no-command": [lambda: thalweg.run("doctor", command=["/nowhere/thalweg"])],
        "no-answer": [lambda: thalweg.run("doctor", command=[sys.executable, "-c", "print('hello')"])],
    }
    for code, attempts in fails.items():
        for attempt in attempts:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert refused(attempt, code).code == code


class Saying(nn.Module):
    def __init__(self, say):
        super().__init__()
        self.inner = nn.Linear(4, 3)
        self.say = say

    def forward(self, x):
        return self.say(self.inner(x))


def refused(attempt, code="?"):
    try:
        attempt()
    except thalweg.ThalwegError as error:
        assert error.message and str(error).startswith(error.message)
        return error
    raise AssertionError(f"was not refused: {code}")


# ------------------------------------------------------------------------------------------- arguments, answers, data files


class Fake:
    """The command line as a program that answers what it is told, and keeps what it was asked."""

    command = [sys.executable, str(HERE / "fake_thalweg.py")]
    done = {"schema": "thalweg/check@1", "result": {"passed": True}, "warnings": [], "checks": []}

    def __init__(self, out=None, code=0, err=""):
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        (self.folder / "told.json").write_text(json.dumps({"out": out or self.done, "code": code, "err": err}))
        os.environ["FAKE_THALWEG"] = str(self.folder)

    @property
    def words(self):
        return json.loads((self.folder / "calls.json").read_text())[-1]


def case_flags():
    fake = Fake()
    thalweg.run(
        "bench",
        "m.onnx",
        command=fake.command,
        batch_size=64,
        only=["trace", "a,b"],
        l2=np.float32(0.5),
        quiet=True,
        debug=False,
        tol=None,
        out=Path("o"),
    )
    assert fake.words == [
        "bench",
        "m.onnx",
        "--batch-size",
        "64",
        "--only",
        "trace",
        "--only",
        "a\\,b",
        "--l2",
        "0.5",
        "--quiet",
        "--out",
        "o",
        "--json",
    ], fake.words
    assert refused(lambda: thalweg.run("bench", only={"a": 1}, command=fake.command)).code == "bad-flag"


def case_flags_of_losses():
    x = torch.randn(6, 3)
    for loss, words in (
        (None, ""),
        ("bce", "--loss bce"),
        (nn.CrossEntropyLoss(), "--loss cross-entropy --output-kind logits --reduction mean"),
        (
            nn.CrossEntropyLoss(ignore_index=2),
            "--loss cross-entropy --output-kind logits --reduction mean --ignore-index 2",
        ),
        (nn.CrossEntropyLoss, "--loss cross-entropy --output-kind logits --reduction mean"),
        (F.cross_entropy, "--loss cross-entropy --output-kind logits"),
        (
            functools.partial(F.nll_loss, reduction="sum"),
            "--loss cross-entropy --output-kind log-probabilities --reduction sum",
        ),
        (functools.partial(nn.MSELoss, reduction="sum"), "--loss mse --reduction sum"),
        (nn.BCELoss(), "--loss bce --output-kind probabilities --reduction mean"),
        (nn.L1Loss(), "--loss mae --reduction mean"),
        (nn.HuberLoss(), "--loss huber --reduction mean"),
        (functools.partial(F.huber_loss, delta=0.5), "--loss huber --loss-option delta=0.5"),
        (nn.SmoothL1Loss(beta=2), "--loss smooth-l1 --reduction mean --loss-option beta=2.0"),
        (
            functools.partial(nn.CrossEntropyLoss, label_smoothing=0.1),
            "--loss cross-entropy --output-kind logits --reduction mean --loss-option smoothing=0.1",
        ),
    ):
        fake = Fake()
        thalweg.check(nn.Linear(3, 3), (x, torch.rand(6, 3)), loss, verify=False, command=fake.command)
        found = " ".join(fake.words[2 : fake.words.index("--label")])
        assert found == words, (loss, found)


def case_data():
    x, y = torch.randn(700, 3), classes(4, 700)
    pairs = torch.utils.data.TensorDataset(x, y)

    class Items(torch.utils.data.Dataset):
        def __len__(self):
            return 700

        def __getitem__(self, i):
            torch.rand(())
            return {"input": x[i].numpy(), "target": y[i].item()}

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return ((x[i], y[i]) for i in range(700))

    module = nn.Linear(3, 4)
    for data in (
        (x, y),
        [x.numpy(), y.numpy()],
        (x.tolist(), y.tolist()),
        {"x": x, "label": y},
        {"input": x.double(), "y": y},
        pairs,
        torch.utils.data.Subset(pairs, range(700)),
        Items(),
        Stream(),
        torch.utils.data.DataLoader(pairs, batch_size=64),
        torch.utils.data.DataLoader(Items(), batch_size=64),
        [(x[i], y[i]) for i in range(700)],
    ):
        for limit in (None, 300):
            fake, kept = Fake(), Path(tempfile.mkdtemp(dir=FOLDER))
            torch.manual_seed(1)
            expected = torch.get_rng_state()
            thalweg.check(module, data, limit=limit, verify=False, keep=kept, command=fake.command)
            assert torch.equal(torch.get_rng_state(), expected) and "--limit" not in fake.words
            label = fake.words[fake.words.index("--label") + 1]
            with np.load(fake.words[fake.words.index("--data") + 1]) as arrays:
                assert set(arrays.files) == {"input", label}
                np.testing.assert_allclose(arrays["input"], x[:limit].numpy(), rtol=1e-6)
                np.testing.assert_array_equal(arrays[label], y[:limit].numpy())


def case_an_input_called_y():
    class Labelled(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, y, weight):
            return y * weight * self.weight

    fake, kept = Fake(), Path(tempfile.mkdtemp(dir=FOLDER))
    first, second, labels = torch.rand(5, 3), torch.rand(5, 3), torch.rand(5, 3)
    thalweg.check(Labelled(), ((first, second), labels), verify=False, keep=kept, command=fake.command)
    label = fake.words[fake.words.index("--label") + 1]
    with np.load(kept / "data.npz") as arrays:
        # Neither takes the name of the labels nor that of a parameter.
        assert label not in ("y", "weight") and set(arrays.files) == {"y", "weight_", label}, arrays.files
        np.testing.assert_array_equal(arrays["y"], first.numpy())
        np.testing.assert_array_equal(arrays[label], labels.numpy())


def case_exit_codes():
    for code, name in ((4, "check-failed"), (5, "not-converged")):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            result = thalweg.run("profile", command=Fake(code=code).command)
        assert result.exit_code == code and result.passed is True
        # Python shows a warning once for each line: it stands at the caller's.
        assert {each.filename for each in heard if each.category is thalweg.ThalwegWarning} == {__file__}
        assert [each.category for each in heard if each.category is not ResourceWarning] == [
            thalweg.ThalwegWarning
        ] and len(result.warnings) == 1
        error = refused(lambda: thalweg.run("profile", strict=True, command=Fake(code=code).command))
        assert (error.code, error.exit_code) == (name, code)
    document = {
        "schema": "thalweg/error@1",
        "error": {"kind": "usage", "code": "bad-flag", "message": "No.", "where": {"file": "f"}, "hint": None},
        "exitCode": 2,
    }
    error = refused(lambda: thalweg.run("profile", command=Fake(document, 2).command))
    assert (error.code, error.message, error.hint, error.exit_code, error.where) == (
        "bad-flag",
        "No.",
        None,
        2,
        {"file": "f"},
    )


def case_which_command():
    fake, other = Fake(), os.environ.pop("THALWEG")
    path = os.environ["PATH"]
    try:
        os.environ["PATH"] = str(FOLDER)
        assert refused(lambda: thalweg.run("doctor")).code == "no-command"
        os.environ["THALWEG"] = " ".join(fake.command)
        assert thalweg.run("doctor").passed is True
        place = FOLDER / "a place"
        place.mkdir()
        (place / "thalweg").write_text(f"#!/bin/sh\nexec '{fake.command[0]}' '{fake.command[1]}' \"$@\"\n")
        (place / "thalweg").chmod(0o755)
        os.environ["THALWEG"] = str(place / "thalweg")
        assert thalweg.run("doctor").passed is True
        del os.environ["THALWEG"]
        os.environ["PATH"] = f"{place}:{path}"
        assert thalweg.run("doctor").passed is True
    finally:
        os.environ["THALWEG"], os.environ["PATH"] = other, path


def case_results():
    document = {
        "schema": "thalweg/profile@1",
        "seed": 3,
        "loss": {"title": "cross-entropy"},
        "warnings": ["Careful."],
        "result": {
            "loss": 0.5,
            "end": "-Infinity",
            "hessian": {"top": [{"value": 2.0, "residual": "NaN"}], "trace": None},
        },
    }
    result = thalweg.run("profile", command=Fake(document).command)
    assert result.loss == 0.5 and result.seed == 3 and result.json == document and result.warnings == ["Careful."]
    assert result.end == -np.inf and np.isnan(result.hessian.top[0].residual) and result.hessian.trace is None
    assert (
        "top" in result.hessian and list(result.hessian) == ["top", "trace"] and dict(result.hessian)["trace"] is None
    )
    assert (
        copy.deepcopy(result).loss == 0.5 and result.path is None and result.arrays == {} and len(result.figures) == 0
    )
    assert "Careful." in repr(result) and set(result._repr_mimebundle_()) == {"text/plain", "text/html"}
    for missing in (lambda: result.nothing, lambda: result.hessian.nothing):
        try:
            missing()
        except AttributeError as error:
            assert "hessian" in str(error) or "top" in str(error)
        else:
            raise AssertionError("an attribute that is not there was found")


def main():
    torch.set_num_threads(1)
    for name, case in list(globals().items()):
        if not name.startswith("case_") or name[5:] not in sys.argv[1:]:
            continue
        torch.manual_seed(0)
        began, error = time.monotonic(), None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                case()
        except BaseException:
            error = traceback.format_exc()
        print(json.dumps({"name": name[5:], "error": error, "seconds": time.monotonic() - began}), flush=True)


main()
