"""Thalweg for PyTorch: the measured geometry of the loss of a module, each number with its proof.

One file that needs torch, numpy and the `thalweg` command (npm). A module is exported to ONNX as it is in evaluation
mode, with its own parameter names and nothing folded; its gradient is compared with autograd's; then `thalweg`
measures, and its result comes back as an object.

    import thalweg

    result = thalweg.profile(model, (x, y), torch.nn.CrossEntropyLoss(), only=["loss", "eigenvalues"])
    result.hessian.top[0].value     # λmax; .residual is its error
    result.figures                  # shown in a notebook, as `result` is
    result.warnings                 # what the numbers do not cover

Flags of the command line are keyword arguments: batch_size=64 is --batch-size 64, only=["trace", "noise"] is
--only trace --only noise, dry_run=True is --dry-run. `thalweg profile --help` lists them.

The command is `command=` where it is given, else the environment variable THALWEG (a path or a command line), else
`thalweg` on the PATH.

The user's module is left as it was: training flags, buffers, attributes, hooks, gradients, device, dtype and the
states of the random generators are restored, after an error too.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import dataclasses
import functools
import html
import importlib.util
import inspect as _inspect
import io
import json
import math
import os
import pathlib
import random
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Optional, Tuple, Union

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["profile", "check", "apply", "inspect", "export", "run", "load", "Result", "ThalwegError", "ThalwegWarning"]


# ---------------------------------------------------------------------------------------------------------- errors


class ThalwegError(Exception):
    """What went wrong, for a person and for a program.

    code       stable, kebab-case: "label-outside-classes"
    message    one or two sentences
    hint       what to do about it, or None
    kind       who has to act: usage, input, check, internal, interrupted
    exit_code  that of the command line (2 usage, 3 input, …)
    where      file, node, parameter, … as far as they are known
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: Optional[str] = None,
        kind: str = "input",
        exit_code: int = 3,
        where: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(message if not hint else f"{message} {hint}")
        self.code = code
        self.message = message
        self.hint = hint
        self.kind = kind
        self.exit_code = exit_code
        self.where = dict(where or {})


class ThalwegWarning(UserWarning):
    """What a result does not cover, or a run that did not converge."""


def _warn(message: str) -> None:
    """At the line of the user's that called, whatever lies between: Python shows a warning once for each line."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_back.f_code.co_filename == __file__:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, ThalwegWarning, stacklevel=depth + 1)


def _usage(message: str, code: str, hint: Optional[str] = None) -> ThalwegError:
    return ThalwegError(message, code=code, hint=hint, kind="usage", exit_code=2)


def _listed(names: Iterable[str], most: int = 6) -> str:
    names = list(names)
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


# --------------------------------------------------------------------------------------------------------- results

_NOT_IN_JSON = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _view(value: Any) -> Any:
    """A part of a document for reading: objects as records, lists as tuples, the three spelled-out numbers as numbers."""
    if isinstance(value, dict):
        return Record(value)
    if isinstance(value, list):
        return tuple(map(_view, value))
    return _NOT_IN_JSON.get(value, value) if isinstance(value, str) else value


class Record:
    """A JSON object whose members are attributes and items: record.top, record["top"]; `record.json` is the plain dict."""

    __slots__ = ("json",)

    def __init__(self, members: dict) -> None:
        self.json = members

    def __getitem__(self, key: str) -> Any:
        return _view(self.json[key])

    def __getattr__(self, name: str) -> Any:
        # While a copy is made, there is no `json` yet.
        if name == "json" or (name.startswith("__") and name.endswith("__")) or name not in self.json:
            known = _listed(self.json, 20) if name != "json" else "nothing"
            raise AttributeError(f"There is no '{name}' here; there is {known}.")
        return self[name]

    def __contains__(self, key: object) -> bool:
        return key in self.json

    def __iter__(self) -> Iterator[str]:
        return iter(self.json)

    def __len__(self) -> int:
        return len(self.json)

    def __eq__(self, other: object) -> bool:
        return self.json == (other.json if isinstance(other, Record) else other)

    def keys(self) -> Iterable[str]:
        return self.json.keys()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.json]

    def __repr__(self) -> str:
        return json.dumps(self.json, ensure_ascii=False, indent=1)


class Figure:
    """One figure of a run: `spec` is its Vega-Lite specification, `svg` the drawing."""

    def __init__(self, name: str, spec_path: pathlib.Path) -> None:
        self.name = name
        self._spec_path = spec_path

    @property
    def spec(self) -> dict:
        return json.loads(self._spec_path.read_text("utf-8"))

    @property
    def svg(self) -> Optional[str]:
        """None where it could not be drawn; the result's warnings say why."""
        path = self._spec_path.with_name(f"{self.name}.svg")
        return path.read_text("utf-8") if path.exists() else None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        spec, svg = self.spec, self.svg
        bundle = {_vega_lite_type(spec): spec, "text/plain": repr(self)}
        return bundle if svg is None else {**bundle, "image/svg+xml": svg}

    def __repr__(self) -> str:
        return f"<figure {self.name}: {self._spec_path}>"


def _vega_lite_type(spec: Mapping[str, Any]) -> str:
    found = re.search(r"/vega-lite/v(\d+)", spec.get("$schema", ""))
    return f"application/vnd.vegalite.v{found[1] if found else 5}+json"


class Figures(Mapping):
    """The figures of a run by name, drawn below each other in a notebook."""

    def __init__(self, folder: Optional[pathlib.Path]) -> None:
        paths = sorted((folder / "figures").glob("*.vl.json")) if folder else []
        self._paths = {path.name[: -len(".vl.json")]: path for path in paths}

    def __getitem__(self, name: str) -> Figure:
        return Figure(name, self._paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        return f"<{_counted(len(self), 'figure')}: {_listed(self, 20)}>"

    def _repr_html_(self) -> str:
        # As images, so that the identifiers inside one drawing do not meet those of another.
        drawn = [(name, figure.svg) for name, figure in self.items()]
        images = [
            f'<p><img alt="{html.escape(name)}" style="max-width:100%" src="data:image/svg+xml;base64,'
            f'{base64.b64encode(svg.encode()).decode()}"></p>'
            for name, svg in drawn
            if svg is not None
        ]
        return "".join(images)


class Result:
    """What a verb found.

    Attributes are the members of the result (result.hessian.top[0].value), then those of the document around it
    (result.model.parameters, result.checks, result.seed); items likewise.

    json       the whole document as it was written
    warnings   sentences: what the numbers do not cover
    arrays     the big arrays, by name (read when they are first asked for)
    path       the folder of the run (or the file that was written), None where nothing was
    figures    the run's figures, by name
    exit_code  0 done, 4 a check failed, 5 not converged; None for a run that was loaded
    """

    def __init__(
        self, document: dict, *, path: Optional[pathlib.Path], exit_code: Optional[int], warnings: Sequence[str] = ()
    ) -> None:
        self.json = document
        self.path = path
        self.exit_code = exit_code
        self.warnings = [*document.get("warnings", []), *warnings]
        self._arrays: Optional[dict] = None

    @property
    def arrays(self) -> dict:
        if self._arrays is None:
            path = self.path / "arrays.npz" if self.path and self.path.is_dir() else self.path
            readable = path is not None and path.suffix == ".npz" and path.exists()
            self._arrays = _read_npz(path) if readable else {}
        return self._arrays

    @property
    def figures(self) -> Figures:
        return Figures(self.path if self.path and self.path.is_dir() else None)

    @property
    def _inner(self) -> dict:
        inner = self.json.get("result")
        return inner if isinstance(inner, dict) else {}

    def __getitem__(self, key: str) -> Any:
        return _view(self._inner[key] if key in self._inner else self.json[key])

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is no attribute; while a copy is made there is no document yet.
        document = self.__dict__.get("json")
        if document is None or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        if name in self._inner or name in document:
            return self[name]
        raise AttributeError(f"The result has no '{name}'; it has {_listed([*self._inner, *document], 40)}.")

    def __contains__(self, key: object) -> bool:
        return key in self._inner or key in self.json

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._inner, *self.json]

    def _head(self) -> str:
        document = self.json
        model, data, loss = (document.get(key) or {} for key in ("model", "data", "loss"))
        parts = [
            document.get("schema", "").replace("thalweg/", "").split("@")[0],
            f"{model['parameters']:,} parameters" if model else "",
            _counted(data["examples"], "example") if data else "",
            loss.get("title", ""),
            document.get("precision") or "",
        ]
        return " · ".join(part for part in parts if part)

    def _sentences(self) -> list[tuple[str, str]]:
        """What stands out, what failed and what to be careful about, each with its mark."""
        found = [(each["level"], each["text"]) for each in self._inner.get("verdicts") or []]
        checks = [
            ("check", f"{each['title']}: {each['detail']}")
            for each in self.json.get("checks", [])
            if each["passed"] is False
        ]
        missing = [
            (each["status"], f"{each['title']}: {each['reason']}")
            for each in self._inner.get("sections") or []
            if each.get("reason")
        ]
        return [*checks, *found, *missing, *(("warning", text) for text in self.warnings)]

    def _rows(self) -> list[tuple[str, str]]:
        return list(_rows(self._inner or {name: part for name, part in self.json.items() if name != "schema"}))

    def __repr__(self) -> str:
        rows = self._rows()
        width = max((len(name) for name, _ in rows), default=0)
        lines = [self._head(), *(f"  {name.ljust(width)}  {value}" for name, value in rows)]
        lines += [f"  {mark}: {text}" for mark, text in self._sentences()]
        return "\n".join([*lines, *([f"  in {self.path}"] if self.path else [])])

    def _repr_html_(self) -> str:
        cell = "text-align:left;vertical-align:top"
        rows = "".join(
            f'<tr><th style="{cell}">{html.escape(name)}</th><td style="{cell}">{html.escape(value)}</td></tr>'
            for name, value in self._rows()
        )
        said = "".join(f"<li><b>{html.escape(mark)}</b> {html.escape(text)}</li>" for mark, text in self._sentences())
        where = f"<p><code>{html.escape(str(self.path))}</code></p>" if self.path else ""
        return f"<p><b>{html.escape(self._head())}</b></p><table>{rows}</table><ul>{said}</ul>{where}{self.figures._repr_html_()}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._repr_html_()}
        figures = self.figures
        if not figures:
            return bundle
        # The one that leads the report where it was drawn, else the first.
        lead = figures["spectral-density"] if "spectral-density" in figures else next(iter(figures.values()))
        spec = lead.spec
        return {**bundle, _vega_lite_type(spec): spec}


def _rows(part: Mapping[str, Any], prefix: str = "", depth: int = 2) -> Iterator[tuple[str, str]]:
    """The numbers of a result as lines: plain ones, and those with an error beside them."""
    for key, value in part.items():
        name = f"{prefix}{key}"
        if isinstance(value, bool):
            yield name, "yes" if value else "no"
        elif isinstance(value, (int, float)):
            yield name, _short(value)
        elif isinstance(value, str) and (prefix == "" or value in _NOT_IN_JSON):
            yield name, value
        elif isinstance(value, dict) and "value" in value:
            yield name, _with_error(value)
        elif isinstance(value, list) and value and all(isinstance(each, dict) and "residual" in each for each in value):
            yield name, ", ".join(map(_with_error, value))
        elif isinstance(value, dict) and depth > 1:
            yield from _rows(value, f"{name}.", depth - 1)


def _with_error(estimate: Mapping[str, Any]) -> str:
    error = estimate.get("residual", estimate.get("standardError"))
    value = _short(estimate["value"])
    return f"{value} ± {_short(error, 1)}" if error not in (None, 0) else value


def _short(value: Any, digits: int = 6) -> str:
    return "n/a" if value is None else value if isinstance(value, str) else f"{value:.{digits}g}"


def _read_npz(path: pathlib.Path) -> dict:
    with np.load(path, allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def _write_npz(path: pathlib.Path, arrays: Mapping[str, torch.Tensor]) -> None:
    # Not np.savez, whose own arguments would take some of the names.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(_storable(value).numpy()), allow_pickle=False)


def _storable(value: torch.Tensor) -> torch.Tensor:
    """On the processor, in a type that NumPy has."""
    value = value.detach().to("cpu").resolve_conj().resolve_neg()
    return value.float() if value.dtype == torch.bfloat16 else value


def load(path: Union[str, os.PathLike]) -> Result:
    """The result of an earlier run, from its folder."""
    folder = pathlib.Path(path).absolute()
    try:
        document = json.loads((folder / "result.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise _usage(f"{folder} is no folder of a run: it has no result.json.", "no-run") from error
    return Result(document, path=folder, exit_code=None)


# --------------------------------------------------------------------------------------------------- the command line


def _command_words(command: Union[None, str, Sequence[str]]) -> list[str]:
    if command is not None:
        return [command] if isinstance(command, str) else [os.fspath(word) for word in command]
    asked = os.environ.get("THALWEG", "").strip()
    if asked:
        return [asked] if os.path.exists(asked) else shlex.split(asked)
    found = shutil.which("thalweg")
    if found:
        return [found]
    raise _usage(
        "The command `thalweg` was not found.",
        "no-command",
        "Put it on the PATH (npm install -g --ignore-scripts thalweg-VERSION.tgz), name it in the environment variable THALWEG, or give command=['node', '…/dist/cli/main.js'].",
    )


def _flag_words(flags: Mapping[str, Any]) -> list[str]:
    words: list[str] = []
    for key, value in flags.items():
        flag = f"--{key.replace('_', '-')}"
        if isinstance(value, (np.generic, np.ndarray, torch.Tensor)):
            value = value.tolist()
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
        elif isinstance(value, (list, tuple)):
            # A comma would part the items.
            words += [word for each in value for word in (flag, _word(key, each).replace(",", "\\,"))]
        else:
            words += [flag, _word(key, value)]
    return words


def _word(key: str, value: Any) -> str:
    if isinstance(value, (str, int, float, os.PathLike)) and not isinstance(value, bool):
        return str(os.fspath(value) if isinstance(value, os.PathLike) else value)
    raise _usage(
        f"{key} is {type(value).__name__}, which no flag takes.",
        "bad-flag",
        "Flags are numbers, text, True or lists of those.",
    )


def run(
    verb: str,
    *arguments: Union[str, os.PathLike],
    command: Union[None, str, Sequence[str]] = None,
    strict: bool = False,
    **flags: Any,
) -> Result:
    """Runs `thalweg VERB ARGUMENTS FLAGS` and returns its result: run("bench", "model.onnx", data="data.npz").

    strict  raise where a check failed (exit code 4) or the budget ended before the numbers converged (5), too;
            otherwise such a result comes with a ThalwegWarning
    quiet   (a flag) keeps the command from talking on stderr

    Raises ThalwegError for everything that leaves no result.
    """
    words = [
        *_command_words(command),
        verb,
        *(str(os.fspath(each)) for each in arguments),
        *_flag_words(flags),
        "--json",
    ]
    code, out, err, interrupted = _finish(words, bool(flags.get("quiet")))
    said = [line for line in err if line.strip()]
    try:
        document = json.loads(out)
    except ValueError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise ThalwegError(
            f"`{words[0]}` ended with code {code} and gave no result{': ' + ' '.join(said[-4:]) if said else '.'}",
            code="no-answer",
            hint="Is it the command of this project, and does `thalweg doctor` run?",
            kind="internal",
            exit_code=code,
        ) from None
    if document.get("schema", "").startswith("thalweg/error@"):
        error = document["error"]
        if interrupted:
            raise KeyboardInterrupt(error["message"])
        raise ThalwegError(
            error["message"],
            code=error["code"],
            hint=error.get("hint"),
            kind=error["kind"],
            exit_code=document["exitCode"],
            where=error.get("where"),
        )
    # A run that is continued stays in its folder.
    out_path = flags.get("resume") or flags.get("out") or None
    # Whole, for a program that changes its folder.
    path = pathlib.Path(out_path).absolute() if out_path is not None and os.path.exists(out_path) else None
    if interrupted:
        raise KeyboardInterrupt(f"Interrupted; what was measured is in {path}." if path else "Interrupted.")
    result = Result(document, path=path, exit_code=code)
    if code != 0:
        meaning = _MEANINGS.get(code, (f"exit-{code}", f"The command ended with code {code}: {' '.join(said[-3:])}"))
        if strict:
            raise ThalwegError(
                meaning[1], code=meaning[0], kind="check", exit_code=code, where={"file": str(path)} if path else None
            )
        _warn(meaning[1])
        result.warnings.append(meaning[1])
    return result


_MEANINGS = {
    1: (
        "partly-failed",
        "A part of the run failed by a fault of Thalweg: `result.sections` says which, the others stand.",
    ),
    4: (
        "check-failed",
        "A check of the derivatives failed: `result.checks` says which. The numbers cannot be relied on.",
    ),
    5: ("not-converged", "Not everything converged in the budget: the result marks what did not."),
}


def _finish(words: Sequence[str], quiet: bool) -> tuple[int, str, Sequence[str], bool]:
    """Runs a program and passes on what it says on stderr unless it shall be quiet; exit code, stdout, last lines of stderr, whether it was interrupted."""
    try:
        # In a session of its own, so that a Ctrl-C reaches it once, from here.
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise _usage(
            f"`{words[0]}` cannot be run: {error.strerror}.", "no-command", "command= or THALWEG names it."
        ) from error
    out = io.BytesIO()
    err: collections.deque[str] = collections.deque(maxlen=40)

    def keep() -> None:
        shutil.copyfileobj(child.stdout, out)

    def relay() -> None:
        for raw in child.stderr:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            err.append(line)
            if not quiet:
                print(line, file=sys.stderr, flush=True)

    readers = [threading.Thread(target=each, daemon=True) for each in (keep, relay)]
    for reader in readers:
        reader.start()
    interrupted = False
    try:
        while True:
            try:
                child.wait()
                break
            except KeyboardInterrupt:
                # The first lets the run write what it has, the second one means it.
                if interrupted:
                    raise
                interrupted = True
                child.send_signal(signal.SIGINT) if os.name == "posix" else child.terminate()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        for reader in readers:
            reader.join()
        for pipe in (child.stdout, child.stderr):
            pipe.close()
    return child.returncode, out.getvalue().decode("utf-8", "replace"), err, interrupted


# ------------------------------------------------------------------------------------------------------------ losses


@dataclasses.dataclass(frozen=True)
class _KnownLoss:
    """A loss of PyTorch and what it is to the command line."""

    module: type
    function: Callable
    name: str
    #: What the outputs are to this loss, where it says so.
    output_kind: Optional[str] = None
    #: Settings that the command line has no word for.
    foreign: tuple[str, ...] = ()
    settings: tuple[str, ...] = ("reduction",)
    #: Numbers of its own: what --loss-option calls each, by the name that PyTorch has for it.
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


_LOSSES = (
    _KnownLoss(
        nn.CrossEntropyLoss,
        F.cross_entropy,
        "cross-entropy",
        "logits",
        settings=("reduction", "ignore_index"),
        options={"label_smoothing": "smoothing", "weight": "weights"},
    ),
    _KnownLoss(
        nn.NLLLoss,
        F.nll_loss,
        "cross-entropy",
        "log-probabilities",
        settings=("reduction", "ignore_index"),
        options={"weight": "weights"},
    ),
    _KnownLoss(
        nn.BCEWithLogitsLoss,
        F.binary_cross_entropy_with_logits,
        "bce",
        "logits",
        ("weight",),
        options={"pos_weight": "pos-weight"},
    ),
    _KnownLoss(nn.BCELoss, F.binary_cross_entropy, "bce", "probabilities", ("weight",)),
    _KnownLoss(nn.MSELoss, F.mse_loss, "mse", None, ("weight",)),
    _KnownLoss(nn.L1Loss, F.l1_loss, "mae", None, ("weight",)),
    _KnownLoss(nn.HuberLoss, F.huber_loss, "huber", None, ("weight",), options={"delta": "delta"}),
    _KnownLoss(nn.SmoothL1Loss, F.smooth_l1_loss, "smooth-l1", options={"beta": "beta"}),
    _KnownLoss(
        nn.MultiMarginLoss,
        F.multi_margin_loss,
        "multi-margin",
        None,
        ("weight",),
        options={"margin": "margin", "p": "power"},
    ),
)

#: What to do instead.
_WITHOUT_WORD = {
    "weight": "Weigh the terms in the module itself: let it return its loss and give loss='output'.",
}


#: A number of a loss's own, or one for each class; None for what it leaves to itself.
_Number = Union[float, Tuple[float, ...], None]


@dataclasses.dataclass(frozen=True)
class _Loss:
    flags: Mapping[str, Any]
    #: The user's own, (outputs, labels) to a number, to compare gradients on.
    function: Optional[Callable]
    #: What it says of the numbers of its own, also where they are the usual ones: by option of the command line.
    numbers: Mapping[str, _Number] = dataclasses.field(default_factory=dict)


def _loss_of(loss: Any) -> _Loss:
    """What a loss is on the command line: None is guessed there, text is its name."""
    if loss is None:
        return _Loss({}, None)
    if isinstance(loss, str):
        return _Loss({"loss": loss}, None)
    core, given = loss, {}
    while isinstance(core, functools.partial):
        if core.args:
            raise _usage(
                "The loss has arguments that are fixed by position.",
                "unknown-loss",
                "Fix them by name: partial(loss, ignore_index=0).",
            )
        core, given = core.func, {**core.keywords, **given}
    if isinstance(core, type) and issubclass(core, nn.Module):
        core, given = core(**given), {}
        loss = core
    for known in _LOSSES:
        is_module = isinstance(core, known.module) and type(core).forward is known.module.forward
        if not is_module and core is not known.function:
            continue
        shown = known.module.__name__ if is_module else known.function.__name__
        setting = (lambda name: getattr(core, name, None)) if is_module else given.get
        if is_module and given:
            raise _usage(f"{shown} is called with {_listed(given)}, which it does not take.", "unsupported-loss")
        return _Loss(_loss_flags(known, shown, setting, given), loss, _own_numbers(known, setting))
    names = ", ".join(known.module.__name__ for known in _LOSSES)
    raise _usage(
        f"The loss {getattr(core, '__name__', type(core).__name__)} is none that can be named to the command line.",
        "unknown-loss",
        f"Those of torch.nn that can: {names}, and their functions in torch.nn.functional. Else let the module return its loss and give loss='output'.",
    )


def _own_numbers(known: _KnownLoss, setting: Callable[[str], Any]) -> dict:
    usual = _inspect.signature(known.function).parameters
    said = {name: setting(name) for name in known.options}
    return {
        option: _number(usual[name].default if said[name] is None else said[name])
        for name, option in known.options.items()
    }


def _number(value: Any) -> _Number:
    if isinstance(value, torch.Tensor) and value.dim() > 0:
        return tuple(float(each) for each in value.detach().flatten())
    return None if value is None else float(value)


def _spelt(value: _Number) -> str:
    return ",".join(map(_plain, value)) if isinstance(value, tuple) else _plain(value)


def _plain(value: Optional[float]) -> str:
    return repr(value)


def _loss_flags(known: _KnownLoss, shown: str, setting: Callable[[str], Any], given: Mapping[str, Any]) -> dict:
    for name in known.foreign:
        value = setting(name)
        if value is None:
            continue
        told = f"{name} of shape {list(value.shape)}" if isinstance(value, torch.Tensor) else f"{name}={value}"
        raise _usage(
            f"{shown} with {told} is a loss that cannot be measured.", "unsupported-loss", _WITHOUT_WORD.get(name)
        )
    others = [name for name in given if name not in {*known.foreign, *known.settings, *known.options}]
    if others:
        raise _usage(f"{shown} with {_listed(others)} is a loss that cannot be measured.", "unsupported-loss")
    flags: dict[str, Any] = {"loss": known.name, "output_kind": known.output_kind}
    for name in known.settings:
        value = setting(name)
        if value is not None:
            flags[name] = value
    usual = _inspect.signature(known.function).parameters
    numbers = _own_numbers(known, setting)
    own = {option: numbers[option] for name, option in known.options.items() if numbers[option] != usual[name].default}
    flags["loss_option"] = [f"{option}={_spelt(value)}" for option, value in own.items()] or None
    if flags.get("reduction") == "none":
        raise _usage(
            f"{shown} with reduction='none' gives no number.", "unsupported-loss", "Use reduction='mean' or 'sum'."
        )
    return {
        name: value for name, value in flags.items() if value is not None and (name, value) != ("ignore_index", -100)
    }


def _joined(loss: _Loss, asked: Mapping[str, Any]) -> dict:
    """Flags that the loss implies and those asked for, which must not say otherwise."""
    flags = loss.flags
    options = asked.get("loss_option")
    if options is not None and loss.numbers:
        words = [options] if isinstance(options, str) else list(options)
        asked = {**asked, "loss_option": _further_options(words, loss) + list(flags.get("loss_option", ())) or None}
        flags = {name: value for name, value in flags.items() if name != "loss_option"}
    for name, value in asked.items():
        if name in flags and value is not None and flags[name] != value:
            raise _usage(
                f"{name}={value!r} was asked for, but the loss says {flags[name]!r}.",
                "loss-mismatch",
                "Leave one of them out.",
            )
    return {**flags, **{name: value for name, value in asked.items() if value is not None}}


def _further_options(words: Sequence[Any], loss: _Loss) -> list:
    """What is asked of a loss beyond the numbers that it says itself, which must be those."""
    further = []
    for word in words:
        option, _, value = str(word).partition("=")
        if option not in loss.numbers:
            further.append(word)
            continue
        said = loss.numbers[option]
        try:
            asked = tuple(float(each) for each in value.split(","))
            same = asked == (said if isinstance(said, tuple) else (said,))
        except ValueError:
            same = False
        if not same:
            raise _usage(
                f"loss_option={word!r} was asked for, but the loss says {option}={_spelt(said)}.",
                "loss-mismatch",
                "Leave loss_option out, and give the number to the loss itself.",
            )
    return further


# -------------------------------------------------------------------------------------------------------------- data

#: Names under which labels lie among inputs.
_LABEL_NAMES = ("y", "label", "labels", "target", "targets")
#: How many items of a dataset are put together at once.
_CHUNK = 256


@dataclasses.dataclass(frozen=True)
class _Signature:
    """What a module's forward takes."""

    names: tuple[str, ...]
    required: tuple[str, ...]
    #: Those that can only be told by their position.
    positional: frozenset[str]
    #: Takes any number more by position.
    rest: bool

    @staticmethod
    def of(module: nn.Module) -> "_Signature":
        kinds = _inspect.Parameter
        parameters = list(_inspect.signature(module.forward).parameters.values())
        named = [each for each in parameters if each.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)]
        return _Signature(
            tuple(each.name for each in named),
            tuple(each.name for each in named if each.default is kinds.empty),
            frozenset(each.name for each in named if each.kind is kinds.POSITIONAL_ONLY),
            any(each.kind is kinds.VAR_POSITIONAL for each in parameters),
        )

    def by_position(self, values: Sequence[Any]) -> dict:
        names = list(self.names)
        if self.rest:
            names += [f"input_{i}" for i in range(len(names), len(values))]
        if len(values) > len(names):
            raise _usage(
                f"The data hold {_counted(len(values), 'input')}, but forward takes {_listed(names) or 'none'}.",
                "too-many-inputs",
                "Give (x, y), ((x1, x2), y) or a dict with the names of forward's parameters and y.",
            )
        return dict(zip(names, values))

    def call(self, module: nn.Module, inputs: Mapping[str, torch.Tensor]) -> Any:
        by_position = [value for name, value in inputs.items() if name in self.positional or name not in self.names]
        # Before those that only a position tells, all must go by position.
        if any(name not in self.names for name in inputs):
            return module(*inputs.values())
        return module(*by_position, **{name: value for name, value in inputs.items() if name not in self.positional})


@dataclasses.dataclass(frozen=True)
class _Examples:
    inputs: Mapping[str, torch.Tensor]
    labels: Optional[torch.Tensor]
    #: The axis of each input that counts the examples.
    axes: Mapping[str, int]
    count: int
    notes: tuple[str, ...] = ()

    def pick(self, count: int) -> "_Examples":
        """The first examples; where there are fewer, they come again."""
        rows = torch.arange(count) % self.count
        return _Examples(
            {name: value.index_select(self.axes[name], rows) for name, value in self.inputs.items()},
            None if self.labels is None else self.labels.index_select(0, rows),
            self.axes,
            count,
        )


def _examples(data: Any, takes: _Signature, limit: Optional[int], label: Optional[str]) -> _Examples:
    """Inputs by name and labels, from tensors or arrays, a dict of them, a dataset or a loader."""
    if limit is not None and limit < 1:
        raise _usage(f"limit is {limit}; it must be at least 1.", "bad-flag")
    notes: list[str] = []
    torch_data = torch.utils.data
    if isinstance(data, torch_data.TensorDataset):
        parts = [_split(data.tensors, takes, label)]
    elif isinstance(data, torch_data.DataLoader):
        if limit is not None and isinstance(data.sampler, torch_data.RandomSampler):
            notes.append(f"The loader shuffles: the first {limit} examples are a random part of the data.")
        if data.drop_last:
            notes.append(
                "The loader leaves out a last batch that is not full (drop_last=True): so does the measurement."
            )
        parts = list(_gathered(data, takes, limit, label))
    elif isinstance(data, torch_data.Dataset) or _is_list_of_examples(data):
        parts = list(_gathered(_chunks(data, limit), takes, limit, label))
    else:
        parts = [_split(data, takes, label)]
    if not parts:
        raise _usage("The data hold no examples.", "no-examples")
    inputs = {name: _joined_parts(name, [part[0].get(name) for part in parts]) for name in parts[0][0]}
    labels = None if parts[0][1] is None else _joined_parts("the labels", [part[1] for part in parts])
    return _cut(inputs, labels, limit, tuple(notes))


def _is_list_of_examples(data: Any) -> bool:
    return isinstance(data, list) and len(data) > 0 and isinstance(data[0], (tuple, Mapping))


def _chunks(dataset: Any, limit: Optional[int]) -> Iterator[Any]:
    """Items of a dataset in order, put together as a loader would."""
    if hasattr(dataset, "__len__") and not isinstance(dataset, torch.utils.data.IterableDataset):
        count = len(dataset) if limit is None else min(limit, len(dataset))
        items: Iterable[Any] = (dataset[i] for i in range(count))
    else:
        items = dataset
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == _CHUNK:
            yield _collated(chunk)
            chunk = []
    if chunk:
        yield _collated(chunk)


def _collated(items: Sequence[Any]) -> Any:
    try:
        return torch.utils.data.dataloader.default_collate(items)
    except (RuntimeError, TypeError) as error:
        raise _usage(
            f"The examples cannot be put together: {error}.",
            "ragged-data",
            "Every example needs tensors or numbers of one shape; a DataLoader with a collate_fn of its own can be given.",
        ) from error


def _gathered(batches: Iterable[Any], takes: _Signature, limit: Optional[int], label: Optional[str]) -> Iterator[Any]:
    count = 0
    for batch in batches:
        inputs, labels = _split(batch, takes, label)
        yield inputs, labels
        any_of_them = labels if labels is not None else next(iter(inputs.values()))
        count += any_of_them.shape[0] if any_of_them.ndim else 0
        if limit is not None and count >= limit:
            return


def _split(data: Any, takes: _Signature, label: Optional[str]) -> tuple[dict, Optional[torch.Tensor]]:
    """Inputs by name, and labels: (x, y), (x1, x2, y), ((x1, x2), y), a dict with both, or inputs alone."""
    if isinstance(data, Mapping):
        inputs, labels = _split_mapping(data, takes, label)
    elif _holds_several(data):
        *first, labels = data if len(data) > 1 else [*data, None]
        if len(first) == 1 and isinstance(first[0], Mapping):
            inputs, unexpected = _split_mapping(first[0], takes, None)
            if unexpected is not None:
                raise _usage(
                    "The inputs are a dict with labels, beside other labels.",
                    "several-labels",
                    "Leave one of them out.",
                )
        elif len(first) == 1 and _holds_several(first[0]):
            inputs = takes.by_position(first[0])
        else:
            inputs = takes.by_position(first)
    else:
        inputs, labels = takes.by_position([data]), None
    missing = [name for name in takes.required if name not in inputs]
    if missing:
        raise _usage(
            f"The data hold {_listed(inputs) or 'nothing'} for forward, which needs {_listed(missing)} too.",
            "missing-input",
            "Give ((x1, x2), y), ((x1, x2), None) where there are no labels, or a dict with the names of forward's parameters.",
        )
    tensors = {name: _tensor(value, name) for name, value in inputs.items() if value is not None}
    return tensors, None if labels is None else _tensor(labels, "the labels")


def _split_mapping(data: Mapping[str, Any], takes: _Signature, label: Optional[str]) -> tuple[dict, Any]:
    inputs = {name: data[name] for name in takes.names if name in data and name != label}
    rest = [name for name in data if name not in inputs]
    if not inputs and "x" in rest and (len(takes.names) == 1 or len(takes.required) == 1):
        inputs = takes.by_position([data["x"]])
        rest.remove("x")
    likely = [label] if label in rest else [name for name in rest if name.lower() in _LABEL_NAMES]
    if len(likely) > 1 or (label is not None and label not in data):
        raise _usage(
            f"Which of {_listed(likely or rest)} holds the labels cannot be told.",
            "several-labels",
            "Name it: label='…'.",
        )
    if not likely and len(rest) == 1:
        likely = rest
    foreign = [name for name in rest if name not in likely]
    if foreign:
        raise _usage(
            f"The data hold {_listed(foreign)}, which forward does not take: it takes {_listed(takes.names)}.",
            "foreign-arrays",
            "Leave them out, or name the labels: label='…'.",
        )
    return inputs, data[likely[0]] if likely else None


def _holds_several(value: Any) -> bool:
    """Whether this is several arrays, not one: a tuple, or a list of other things than numbers, [[0.1, 0.2], …]."""
    if not isinstance(value, list):
        return isinstance(value, tuple)
    while isinstance(value, list) and value:
        value = value[0]
    return not isinstance(value, (int, float, np.generic))


def _tensor(value: Any, name: str) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise _usage(
                f"{name} is no array: its rows have different lengths.",
                "ragged-data",
                "Pad or crop the examples to one shape.",
            ) from error
        if array.dtype.kind == "u" and array.dtype.itemsize > 1:
            array = array.astype(np.int64)
        if array.dtype.kind not in "fiub":
            raise _usage(f"{name} holds {array.dtype} values, which are no numbers of a network.", "bad-data")
        # A copy: the tensor must not change when the array does.
        value = torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
    if value.layout != torch.strided or value.is_quantized or value.is_complex():
        raise _usage(
            f"{name} is a tensor that no array file holds ({value.layout}, {value.dtype}).",
            "bad-data",
            "Make it dense and real.",
        )
    return value.detach().to("cpu")


def _joined_parts(name: str, parts: Sequence[Optional[torch.Tensor]]) -> torch.Tensor:
    found = [part for part in parts if part is not None]
    shapes = {tuple(part.shape[1:]) for part in found}
    if len(found) < len(parts) or len(shapes) > 1:
        shown = " and ".join(str(list(shape)) for shape in sorted(shapes)[:3])
        raise _usage(
            (
                f"{name} has examples of different shapes: {shown}."
                if len(shapes) > 1
                else f"Some batches have no {name}."
            ),
            "ragged-data",
            "Pad or crop the examples to one shape.",
        )
    return found[0] if len(found) == 1 else torch.cat(found)


def _cut(
    inputs: Mapping[str, torch.Tensor], labels: Optional[torch.Tensor], limit: Optional[int], notes: tuple[str, ...]
) -> _Examples:
    flat = [
        name
        for name, value in {**inputs, **({"the labels": labels} if labels is not None else {})}.items()
        if value.ndim == 0
    ]
    if flat or not inputs:
        raise _usage(f"{_listed(flat) or 'No input'} is one number, not one for each example.", "bad-data")
    count = labels.shape[0] if labels is not None else next(iter(inputs.values())).shape[0]
    axes: dict[str, int] = {}
    for name, value in inputs.items():
        # Examples come first; sequences may come before them, as recurrent modules have it by default.
        axis = 0 if value.shape[0] == count else 1 if value.ndim > 2 and value.shape[1] == count else None
        if axis is None:
            raise _usage(
                f"{name} has the shape {list(value.shape)}, but there are {_counted(count, 'example')}.",
                "data-lengths",
                "Every input and the labels need one row for each example.",
            )
        axes[name] = axis
    if count == 0:
        raise _usage("The data hold no examples.", "no-examples")
    if limit is not None and limit < count:
        count = limit
        inputs = {name: value.narrow(axes[name], 0, count) for name, value in inputs.items()}
        labels = None if labels is None else labels[:count]
    return _Examples(inputs, labels, axes, count, notes)


# ------------------------------------------------------------------------------------------------------------- export


_BACKWARD_HOOKS = {"_backward_hooks", "_full_backward_hooks", "_backward_pre_hooks"}


@contextlib.contextmanager
def _untouched(module: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards the module and the random generators are as they were."""
    modules = list(module.modules())
    attributes = [(each, dict(each.__dict__)) for each in modules]
    # Copies of the containers, whose members a forward pass may replace.
    containers = [
        (held, dict(held))
        for each in modules
        for held in (each.__dict__.get(name) for name in ("_parameters", "_buffers", "_modules"))
        if isinstance(held, dict)
    ]
    buffers = [(each, each.detach().clone(), each._version) for each in module.buffers()]
    frozen = [each for each in module.parameters() if each.is_floating_point() and not each.requires_grad]
    hooked = {each: each._backward_hooks for each in module.parameters() if each._backward_hooks}
    python, numpy_state = random.getstate(), np.random.get_state()
    devices = sorted({each.device.index for each in module.parameters() if each.device.type == "cuda"})
    mha = getattr(torch.backends, "mha", None)
    fast = mha.get_fastpath_enabled() if mha else None
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.random.fork_rng(devices=devices))
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            # Its recurrent networks have no gradient in evaluation mode.
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
            for kind in {each.device.type for each in module.parameters()} & {"cpu", "cuda"}:
                stack.enter_context(torch.autocast(kind, enabled=False))
            for each in modules:
                # Not eval(), which some modules override to do more.
                each.training = False
                # They see gradients of a comparison, which are none of theirs; an exporter cannot write them.
                for name in _BACKWARD_HOOKS & each.__dict__.keys():
                    each.__dict__[name] = collections.OrderedDict()
            for each in hooked:
                each._backward_hooks = None
            # Attention of frozen parameters takes a fused path that no exporter knows.
            for each in frozen:
                each.requires_grad_(True)
            if mha:
                mha.set_fastpath_enabled(False)
            yield
    finally:
        if mha:
            mha.set_fastpath_enabled(fast)
        for each in frozen:
            each.requires_grad_(False)
        for each, hooks in hooked.items():
            each._backward_hooks = hooks
        for held, members in containers:
            held.clear()
            held.update(members)
        for each, members in attributes:
            each.__dict__.clear()
            each.__dict__.update(members)
        with torch.no_grad():
            for each, value, version in buffers:
                if each._version != version:
                    each.copy_(value)
        random.setstate(python)
        np.random.set_state(numpy_state)


class _Door(nn.Module):
    """A module as the exporter sees it: tensors in, tensors out, the module's own tensors under their own names.

    It says that it trains while the module does not: so the exporter neither folds normalisation into other layers nor
    merges parameters that happen to be equal.
    """

    def __init__(self, module: nn.Module, takes: _Signature, names: Sequence[str]) -> None:
        super().__init__()
        # Past nn.Module's own bookkeeping, which would put a prefix before every name.
        self.__dict__["_modules"] = module._modules
        self.__dict__["_held"] = (module, takes, tuple(names))

    def forward(self, *values: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.outputs(*values).values())

    def outputs(self, *values: torch.Tensor) -> dict:
        module, takes, names = self.__dict__["_held"]
        return _named_outputs(takes.call(module, dict(zip(names, values))))

    def train(self, mode: bool = True) -> "_Door":
        return self

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        module = self.__dict__["_held"][0]
        destination = collections.OrderedDict() if destination is None else destination
        for name, value in (*module.named_parameters(), *module.named_buffers()):
            destination[prefix + name] = value if keep_vars else value.detach()
        return destination


def _named_outputs(value: Any) -> dict:
    """The tensors that a module returns, by name."""
    found = dict(_leaves(value, ()))
    if not found:
        raise _usage(f"forward returns {type(value).__name__} without a tensor in it.", "bad-output")
    return {
        "_".join(("output",) + path if path == () or path[0].isdigit() else path): each for path, each in found.items()
    }


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, (*path, str(key)))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, (tuple, list)):
        names = getattr(value, "_fields", None) or map(str, range(len(value)))
        for name, each in zip(names, value):
            yield from _leaves(each, (*path, name))
    elif value is not None:
        raise _usage(
            f"forward returns {type(value).__name__}{' in ' + '.'.join(path) if path else ''}, which is no tensor.",
            "bad-output",
            "Wrap the module in one that returns the tensor to be measured.",
        )


@dataclasses.dataclass(frozen=True)
class _Exported:
    """What is known of the file beside the module."""

    path: pathlib.Path
    #: The names in the file: inputs as forward has them, and what they are called there.
    inputs: Mapping[str, str]
    #: The outputs on a few examples, by name.
    outputs: tuple[str, ...]
    #: Names of the parameters that are trained.
    trained: tuple[str, ...]
    notes: tuple[str, ...]
    #: The gradient of `compared` on a few examples by autograd; None where a parameter does not reach it.
    gradients: Mapping[str, Optional[torch.Tensor]]
    compared: "_Compared"


@dataclasses.dataclass(frozen=True)
class _Compared:
    """The number whose gradients are compared: flags and arrays for the command line."""

    #: None where there is no derivative at all, empty where the command line has no word for it.
    flags: Optional[Mapping[str, Any]]
    arrays: Mapping[str, torch.Tensor]
    tolerance: float
    #: Whether it is the user's own loss.
    is_own: bool = False


#: Examples in the trace and in the comparison: different, so that a size that was written into the file is found.
_TRACED, _COMPARED = 2, (3, 16)
_SEED = 20_261_126


def _export(
    module: nn.Module, examples: _Examples, takes: _Signature, path: pathlib.Path, loss: _Loss, flags: Mapping[str, Any]
) -> _Exported:
    names = {name: value for name, value in module.named_parameters()}
    _refuse_what_cannot_be_exported(names)
    trained = tuple(name for name, value in names.items() if value.requires_grad)
    notes: list[str] = []
    frozen = [name for name in names if name not in trained]
    if frozen and trained:
        notes.append(f"Held constant, since they have requires_grad=False: {_listed(frozen)}.")
    elif not trained:
        trained = tuple(name for name, value in names.items() if value.is_floating_point())
        notes.append("No parameter has requires_grad=True; all were taken for trained.")
    in_file = _free_names(examples.inputs, {*names, *(name for name, _ in module.named_buffers())})
    place = next((value for value in (*module.parameters(), *module.buffers()) if value.is_floating_point()), None)
    compared_count = min(max(examples.count, _COMPARED[0]), _COMPARED[1])
    few, traced = (_placed(examples.pick(count), place) for count in (compared_count, _TRACED))
    with _untouched(module):
        door = _Door(module, takes, list(examples.inputs))
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            outputs, fewer = _outputs(door, few), _outputs(door, traced)
            out_names = _free_names(outputs, {*names, *in_file.values()})
            moving = {name: _moving_axis(value, fewer.get(name)) for name, value in outputs.items()}
            asked = flags.get("output")
            if asked is not None and asked not in outputs:
                raise _usage(f"forward returns no output {asked}; it returns {_listed(outputs)}.", "no-such-output")
            measured = next(iter(outputs)) if asked is None else asked
            arrays = {in_file[name]: value for name, value in few.inputs.items()}
            chosen = {name: names[name] for name in trained}
            gradients, compared = _by_autograd(
                outputs[measured], moving[measured], arrays, few.labels, chosen, loss, flags
            )
            axes = {out_names[name]: {axis: "batch"} for name, axis in moving.items() if axis is not None}
            axes.update({in_file[name]: {axis: "batch"} for name, axis in examples.axes.items()})
            _write_onnx(
                door,
                tuple(value.clone() for value in traced.inputs.values()),
                path,
                list(in_file.values()),
                list(out_names.values()),
                axes,
            )
    notes += _told_by_tracer(heard)
    if asked is None and len(out_names) > 1:
        others = list(out_names.values())[1:]
        notes.append(
            f"forward returns {len(out_names)} tensors; {next(iter(out_names.values()))} is measured (output= names another: {_listed(others)})."
        )
    return _Exported(path, in_file, tuple(out_names.values()), trained, (*examples.notes, *notes), gradients, compared)


def _unwrapped(model: nn.Module) -> nn.Module:
    """The module inside torch.compile, DataParallel and DistributedDataParallel, which compute the same."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, torch.jit.ScriptModule):
            raise _usage(
                "A TorchScript module cannot be traced once more.",
                "script-module",
                "Give the module that it was made from.",
            )
        if inner is None and isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def _refuse_what_cannot_be_exported(names: Mapping[str, torch.Tensor]) -> None:
    lazy = [name for name, value in names.items() if isinstance(value, nn.parameter.UninitializedParameter)]
    meta = [name for name, value in names.items() if name not in lazy and value.device.type == "meta"]
    if lazy or meta:
        raise _usage(
            f"{_listed(lazy or meta)} has no values yet.",
            "no-values",
            "Run the module once, or load its weights, before measuring it.",
        )
    if not names:
        raise _usage("The module has no parameters, so there is nothing to differentiate.", "no-parameters")


def _free_names(wanted: Iterable[str], taken: set[str]) -> dict:
    """Names that are not taken, each close to the wanted one."""
    free: dict[str, str] = {}
    for name in wanted:
        chosen = name
        while chosen in taken or chosen in free.values():
            chosen += "_"
        free[name] = chosen
    return free


def _placed(examples: _Examples, like: Optional[torch.Tensor]) -> _Examples:
    """On the module's device; floats in its type."""
    if like is None:
        return examples
    move = lambda value: value.to(like.device, like.dtype if value.is_floating_point() else None)
    labels = examples.labels
    return dataclasses.replace(
        examples,
        inputs={name: move(value) for name, value in examples.inputs.items()},
        labels=labels if labels is None else move(labels),
    )


def _outputs(door: _Door, examples: _Examples) -> dict:
    try:
        # Copies: a module may write into its inputs.
        return door.outputs(*(value.clone() for value in examples.inputs.values()))
    except ThalwegError:
        raise
    except Exception as error:
        shapes = ", ".join(f"{name} {list(value.shape)}" for name, value in examples.inputs.items())
        raise ThalwegError(
            f"The module fails in evaluation mode on {_counted(examples.count, 'example')} ({shapes}): {type(error).__name__}: {error}",
            code="forward-failed",
            hint="The data must fit the module as they are.",
        ) from error


def _moving_axis(value: torch.Tensor, other: Optional[torch.Tensor]) -> Optional[int]:
    """The axis that counts the examples: the one that grows with them."""
    if other is None or value.ndim != other.ndim:
        raise _usage(f"forward returns other tensors for {_TRACED} examples than for more.", "bad-output")
    return next((axis for axis, (a, b) in enumerate(zip(value.shape, other.shape)) if a != b), None)


def _told_by_tracer(heard: Sequence[warnings.WarningMessage]) -> list[str]:
    """Where the user's own code decides by a tensor's value: the file holds one branch."""
    package = os.path.dirname(torch.__file__)
    places = {
        f"{each.filename}:{each.lineno}"
        for each in heard
        if issubclass(each.category, torch.jit.TracerWarning)
        and "Python boolean" in str(each.message)
        and not each.filename.startswith(package)
    }
    if not places:
        return []
    return [
        f"forward decides in Python by the value of a tensor ({_listed(sorted(places), 3)}): the file holds what it did for the first examples."
    ]


def _by_autograd(
    z: torch.Tensor,
    axis: Optional[int],
    arrays: Mapping[str, torch.Tensor],
    labels: Optional[torch.Tensor],
    trained: Mapping[str, torch.Tensor],
    loss: _Loss,
    flags: Mapping[str, Any],
) -> tuple[dict, "_Compared"]:
    """The gradient of a number made of the measured output `z`, which the command line can make of the file too.

    The number is the user's own loss where it is one of PyTorch's and takes the outputs as they are, else the mean
    squared distance of `z` to random numbers: every output counts in it, its value and its derivative.

    axis  the one of z that counts the examples
    """
    # Half of the digits; modules in half precision are computed in float32 elsewhere.
    tolerance = math.sqrt(torch.finfo(z.dtype).eps) if z.is_floating_point() else 0.0
    if not z.requires_grad:
        return dict.fromkeys(trained), _Compared(None, arrays, tolerance)
    number = _own_loss(z, labels, loss, flags)
    if number is not None:
        asked = {name: flags[name] for name in _LOSS_FLAGS if flags.get(name) is not None}
        compared = _Compared({**loss.flags, **asked}, {**arrays, _label_name(arrays): labels}, tolerance, is_own=True)
    elif axis is None:
        # One number, or as many, for any batch.
        number = z.mean()
        compared = _Compared({"loss": "output"} if z.numel() == 1 else {}, arrays, tolerance)
    else:
        first = z.movedim(axis, 0)
        generator = torch.Generator().manual_seed(_SEED)
        target = torch.randn(first.shape, generator=generator, dtype=torch.float64).to(z.device, z.dtype)
        number = (first - target).square().mean()
        compared = _Compared({"loss": "mse"}, {**arrays, _label_name(arrays): target}, tolerance)
    found = torch.autograd.grad(number, list(trained.values()), allow_unused=True)
    return {
        name: None if g is None else g.detach().to("cpu", torch.float64) for name, g in zip(trained, found)
    }, compared


#: Flags that say more about a loss than PyTorch's does.
_LOSS_FLAGS = ("class_axis", "output_kind")


def _own_loss(
    z: torch.Tensor, labels: Optional[torch.Tensor], loss: _Loss, flags: Mapping[str, Any]
) -> Optional[torch.Tensor]:
    """The user's loss on these outputs; None where it does not take them so, and the user does something between."""
    if loss.function is None or labels is None or flags.get("class_axis") not in (None, 1):
        return None
    try:
        return loss.function(z, labels.clone())
    except (RuntimeError, ValueError, IndexError, TypeError):
        return None


def _label_name(inputs: Iterable[str]) -> str:
    return next(iter(_free_names(["y"], set(inputs)).values()))


def _write_onnx(
    door: _Door, values: tuple, path: pathlib.Path, inputs: list, outputs: list, axes: Mapping[str, Mapping[int, str]]
) -> None:
    wanted: dict[str, Any] = {
        "input_names": inputs,
        "output_names": outputs,
        "dynamic_axes": axes,
        "opset_version": _newest_opset(),
        # The module is in evaluation mode, the door is not: nothing is folded or merged.
        "training": torch.onnx.TrainingMode.PRESERVE,
        "do_constant_folding": False,
        "export_params": True,
        "dynamo": False,
    }
    known = _inspect.signature(torch.onnx.export).parameters
    door.training = True
    try:
        # It prints its graph where it fails.
        with _without_onnx_package(), contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(
                door, values, str(path), **{name: value for name, value in wanted.items() if name in known}
            )
    except Exception as error:
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        raise ThalwegError(
            f"PyTorch cannot export the module to ONNX: {type(error).__name__}: {first.rstrip('.')}.",
            code="export-failed",
            hint="The exporter's own message stands above, in the traceback; an export of yours can be measured by its path.",
        ) from error


@contextlib.contextmanager
def _without_onnx_package() -> Iterator[None]:
    """PyTorch 2 asks for the package `onnx`, to add functions of custom operators; a file without those needs nothing added."""
    if importlib.util.find_spec("onnx") is not None:
        yield
        return
    with contextlib.ExitStack() as stack:
        for name in (
            "torch.onnx._internal.torchscript_exporter.onnx_proto_utils",
            "torch.onnx._internal.onnx_proto_utils",
        ):
            try:
                place = importlib.import_module(name)
            except ImportError:
                continue
            if hasattr(place, "_add_onnxscript_fn"):
                stack.callback(setattr, place, "_add_onnxscript_fn", place._add_onnxscript_fn)
                place._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes
        yield


def _newest_opset() -> int:
    try:
        from torch.onnx import _constants
    except ImportError:
        return 17
    for name in ("ONNX_TORCHSCRIPT_EXPORTER_MAX_OPSET", "ONNX_MAX_OPSET"):
        if hasattr(_constants, name):
            return int(getattr(_constants, name))
    return 17


# --------------------------------------------------------------------------------------------------- the proof of export


@dataclasses.dataclass(frozen=True)
class _Proof:
    #: Names of the trained parameters that are in the file.
    there: tuple[str, ...]
    #: Whether the command line, which has the file alone, takes just these for the parameters.
    is_default: bool
    notes: tuple[str, ...]


def _prove(
    exported: _Exported, folder: pathlib.Path, command: Any, flags: Mapping[str, Any], derivatives: bool = True
) -> _Proof:
    """Compares the names in the file with the module's, and with `derivatives` the gradients.

    Raises ThalwegError `parameters-lost`, `no-gradient`, `export-differs`.
    """
    compared = exported.compared
    if derivatives and compared.flags is None:
        raise ThalwegError(
            "The module's output does not depend on its parameters by any derivative that PyTorch knows.",
            code="no-gradient",
            hint="Is it computed under torch.no_grad(), detached, or made of whole numbers?",
        )
    held = {
        each["name"]: each
        for each in run("inspect", exported.path, command=command, quiet=True).json["result"]["initializers"]
    }
    there = tuple(name for name in exported.trained if name in held)
    absent = [name for name in exported.trained if name not in held]
    lost = [name for name in absent if exported.gradients[name] is not None]
    if lost or not there:
        raise ThalwegError(
            f"{_counted(len(lost or absent), 'parameter')} of the module did not come into the file: {_listed(lost or absent)}.",
            code="parameters-lost",
            hint="The module uses them in a way that becomes a constant when it is traced: their values read in Python, or parameters made anew in forward.",
            where={"parameter": (lost or absent)[0]},
        )
    notes = []
    if absent:
        notes.append(
            f"PyTorch has no derivative of the output by {_counted(len(absent), 'parameter')}, which the file lacks: {_listed(absent)}."
        )
    if derivatives and compared.flags:
        product = folder / "gradient.npz"
        _write_npz(folder / "compared.npz", compared.arrays)
        labels = [name for name in compared.arrays if name not in exported.inputs.values()]
        run(
            "apply",
            "gradient",
            exported.path,
            command=command,
            quiet=True,
            data=folder / "compared.npz",
            out=product,
            params=there,
            label=labels[0] if labels else None,
            output=flags.get("output"),
            threads=flags.get("threads"),
            freeze=flags.get("freeze"),
            **compared.flags,
        )
        _compare(_read_npz(product), exported, there)
    elif derivatives:
        notes.append("The gradients of file and module were not compared: no axis of the output counts the examples.")
    selected = {name for name, each in held.items() if each["selected"]}
    return _Proof(there, selected == set(there), tuple(notes))


def _compare(found: Mapping[str, np.ndarray], exported: _Exported, there: Sequence[str]) -> None:
    truth = {
        name: np.zeros(1) if exported.gradients[name] is None else exported.gradients[name].numpy() for name in there
    }
    total = math.sqrt(sum(float(np.sum(value**2)) for value in truth.values()))
    tolerance = exported.compared.tolerance
    wrong: list[tuple[float, str]] = []
    for name, value in truth.items():
        mine = np.asarray(found.get(name, np.zeros(1)), np.float64)
        distance = float(np.linalg.norm((mine - value).ravel()))
        # What is small beside the rest is known to the rounding of the rest.
        scale = float(np.linalg.norm(value.ravel())) + 0.1 * total
        if not distance <= tolerance * scale + 1e-30:
            wrong.append((distance / scale if scale > 0 else math.inf, name))
    if not wrong:
        return
    wrong.sort(reverse=True)
    own = (
        " The loss was taken as PyTorch takes it, with the classes on axis 1 (class_axis= names another) and labels broadcast."
        if exported.compared.is_own
        else ""
    )
    names = [name for _, name in wrong]
    raise ThalwegError(
        f"The exported file does not have the module's gradient: they differ by {wrong[0][0]:.1g} (relative) in {names[0]}"
        f"{f', and in {len(names) - 1} more' if len(names) > 1 else ''}, of {_counted(len(there), 'parameter')}.",
        code="export-differs",
        hint=f"ONNX keeps neither detach(), torch.no_grad() in forward, padding_idx nor custom backward functions, and random numbers in forward differ.{own} freeze= treats the outputs of a node as constants, as detach() does; verify=False measures the file as it is.",
        kind="check",
        exit_code=4,
        where={"parameter": names[0]},
    )


# --------------------------------------------------------------------------------------------------------------- verbs


@contextlib.contextmanager
def _workspace(keep: Union[None, str, os.PathLike]) -> Iterator[pathlib.Path]:
    if keep is not None:
        folder = pathlib.Path(keep)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="thalweg-") as made:
        yield pathlib.Path(made)


def _measure(
    verb: str,
    before: Sequence[str],
    model: Union[nn.Module, str, os.PathLike],
    data: Any,
    loss: Any,
    flags: Mapping[str, Any],
    *,
    command: Any,
    strict: bool,
    verify: bool,
    keep: Any,
    limit: Optional[int],
    needs_data: bool = True,
    derivatives: bool = True,
    vector: Any = None,
) -> Result:
    """A verb on a module (exported and proven first) or on a file as it is."""
    asked = _loss_of(loss)
    flags = _joined(asked, flags) if needs_data else dict(flags)
    with _workspace(keep) as folder:
        if not isinstance(model, nn.Module):
            if not isinstance(model, (str, os.PathLike)):
                raise _usage(
                    f"The model is {type(model).__name__}; it must be a torch.nn.Module or the path of an ONNX file.",
                    "bad-model",
                )
            for name, value in {"data": data, "test": flags.get("test")}.items():
                if value is not None and not isinstance(value, (str, os.PathLike)):
                    raise _usage(
                        f"For a model that is a file, {name} must be a file too.",
                        "bad-data",
                        "Save the arrays: numpy.savez(file, x=…, y=…).",
                    )
            words = {**flags, "data": data, "limit": limit, **({"vector": vector} if vector is not None else {})}
            return run(verb, *before, model, command=command, strict=strict, **words)
        if isinstance(data, (str, os.PathLike)) and os.fspath(data).endswith(".npz"):
            data = _read_npz(pathlib.Path(data))
        if data is None or isinstance(data, (str, os.PathLike)):
            raise _usage(
                "A module needs its examples to be exported: tensors, arrays, a dataset or a loader.",
                "no-data",
                "Give data=(x, y).",
            )
        model = _unwrapped(model)
        takes = _Signature.of(model)
        label = flags.pop("label", None)
        examples = _quiet_randomness(lambda: _examples(data, takes, limit, label))
        held_out = _held_out(flags.get("test"), examples, takes, label)
        path = folder / "model.onnx"
        exported = _export(model, examples, takes, path, asked, flags)
        notes = [*exported.notes]
        if verify:
            proof = _prove(exported, folder, command, flags, derivatives)
            notes += proof.notes
            # What is trained is known here, while the file leaves it to be inferred.
            if not proof.is_default:
                flags.setdefault("params", proof.there)
        if needs_data:
            for flag, each in {"data": examples, "test": held_out}.items():
                if each is None:
                    continue
                arrays = {exported.inputs[name]: value for name, value in each.inputs.items()}
                if each.labels is not None:
                    flags["label"] = _label_name(arrays)
                    arrays[flags["label"]] = each.labels
                flags[flag] = folder / f"{flag}.npz"
                _write_npz(flags[flag], arrays)
        if vector is not None:
            flags["vector"] = _vector(vector, model, exported.trained, folder)
        for note in notes:
            _warn(note)
        result = run(verb, *before, path, command=command, strict=strict, **flags)
        result.warnings += notes
        if result.path is not None and folder in result.path.parents:
            # Read before the folder goes.
            result.arrays
            result.path = result.path if keep is not None else None
        return result


def _held_out(test: Any, data: _Examples, takes: _Signature, label: Optional[str]) -> Optional[_Examples]:
    """Held-out examples, taken as the data are; None where there are none, or where a file is left to the command line."""
    if isinstance(test, (str, os.PathLike)) and os.fspath(test).endswith(".npz"):
        test = _read_npz(pathlib.Path(test))
    if test is None or isinstance(test, (str, os.PathLike)):
        return None
    held_out = _quiet_randomness(lambda: _examples(test, takes, None, label))
    inputs, others = list(data.inputs), list(held_out.inputs)
    if sorted(inputs) != sorted(others):
        raise _usage(
            f"test holds {_listed(others)}, and the data {_listed(inputs)}.",
            "test-differs",
            "Give test in the form of the data: test=(x, y) beside (x, y).",
        )
    return held_out


def _quiet_randomness(make: Callable[[], _Examples]) -> _Examples:
    """Data sets may draw random numbers: those of the user's program stay what they would have been."""
    python, numpy_state = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            return make()
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)


def _vector(vector: Any, module: nn.Module, trained: Sequence[str], folder: pathlib.Path) -> Union[str, os.PathLike]:
    """A vector in parameter space as a file: a dict by parameter name, or one flat vector in the order of parameters()."""
    if isinstance(vector, (str, os.PathLike)):
        return vector
    shapes = {name: value.shape for name, value in module.named_parameters() if name in trained}
    if isinstance(vector, Mapping):
        arrays = {name: _tensor(value, name) for name, value in vector.items()}
    else:
        flat = _tensor(vector, "the vector").reshape(-1)
        sizes = [math.prod(shape) for shape in shapes.values()]
        if flat.numel() != sum(sizes):
            raise _usage(
                f"The vector has {flat.numel()} numbers, but there are {sum(sizes)} trained ones in the module.",
                "vector-length",
            )
        arrays = {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), flat.split(sizes))}
    path = folder / "vector.npz"
    _write_npz(path, arrays)
    return path


def _new_folder(verb: str) -> pathlib.Path:
    return (
        pathlib.Path("thalweg-runs") / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{verb}-{secrets.token_hex(4)}"
    )


def profile(
    model: Union[nn.Module, str, os.PathLike],
    data: Any = None,
    loss: Any = None,
    *,
    out: Union[None, bool, str, os.PathLike] = None,
    limit: Optional[int] = None,
    verify: bool = True,
    keep: Union[None, str, os.PathLike] = None,
    command: Union[None, str, Sequence[str]] = None,
    strict: bool = False,
    **flags: Any,
) -> Result:
    """Measures the geometry of the loss at a module's weights, in evaluation mode.

    model    a torch.nn.Module, or the path of an ONNX file
    data     (x, y), (x1, x2, y), ((x1, x2), y) of tensors or arrays, a dict by the names of forward's parameters with
             y, a Dataset, a DataLoader (read in order); for a file, the path of its data
    loss     None (guessed, and said), a name (those of `thalweg profile --help`), or a loss of torch.nn or
             torch.nn.functional
    out      the folder of the run (default: thalweg-runs/…); False writes none, so there are no figures and arrays
    limit    use only the first examples
    verify   compare names and gradients of the exported file with the module's first
    keep     a folder in which the exported model and data stay
    command, strict, **flags   as in run(); test=(x, y) holds held-out examples, in any form that data takes

    Parameters with requires_grad=False are held constant. Raises ThalwegError.
    """
    flags["out"] = out if out is not None or flags.get("dry_run") else _new_folder("profile")
    return _measure(
        "profile", (), model, data, loss, flags, command=command, strict=strict, verify=verify, keep=keep, limit=limit
    )


def check(
    model: Union[nn.Module, str, os.PathLike],
    data: Any = None,
    loss: Any = None,
    *,
    limit: Optional[int] = None,
    verify: bool = True,
    keep: Union[None, str, os.PathLike] = None,
    command: Union[None, str, Sequence[str]] = None,
    strict: bool = False,
    **flags: Any,
) -> Result:
    """Proves the derivative graphs of a module on its data; arguments as in profile()."""
    return _measure(
        "check", (), model, data, loss, flags, command=command, strict=strict, verify=verify, keep=keep, limit=limit
    )


def apply(
    matrix: str,
    model: Union[nn.Module, str, os.PathLike],
    data: Any = None,
    loss: Any = None,
    *,
    vector: Any = None,
    out: Union[None, str, os.PathLike] = None,
    limit: Optional[int] = None,
    verify: bool = True,
    keep: Union[None, str, os.PathLike] = None,
    command: Union[None, str, Sequence[str]] = None,
    strict: bool = False,
    **flags: Any,
) -> Result:
    """A matrix of derivatives times a vector: `.arrays` holds the product, one array per parameter, by name.

    matrix  gradient (which needs no vector), hessian, gauss-newton, fisher, empirical-fisher, jacobian
    vector  a dict by parameter name, a flat vector in the order of the trained parameters, or a path
    out     a file .npz for the product

    Other arguments as in profile().
    """
    with contextlib.ExitStack() as stack:
        place = out or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thalweg-"))) / "product.npz"
        flags["out"] = place
        result = _measure(
            "apply",
            (matrix,),
            model,
            data,
            loss,
            flags,
            command=command,
            strict=strict,
            verify=verify,
            keep=keep,
            limit=limit,
            vector=vector,
        )
        if out is None:
            # Read before the folder goes.
            result.arrays
            result.path = None
        return result


def inspect(
    model: Union[nn.Module, str, os.PathLike],
    example: Any = None,
    *,
    verify: bool = True,
    keep: Union[None, str, os.PathLike] = None,
    command: Union[None, str, Sequence[str]] = None,
    **flags: Any,
) -> Result:
    """What the exported module holds: parameters and why, operators, cost. `example` as data in profile(), labels or not."""
    return _measure(
        "inspect",
        (),
        model,
        example if isinstance(model, nn.Module) else None,
        None,
        flags,
        command=command,
        strict=False,
        verify=verify,
        keep=keep,
        limit=None,
        needs_data=False,
        derivatives=False,
    )


def export(
    model: nn.Module,
    example: Any,
    path: Union[str, os.PathLike],
    *,
    verify: bool = True,
    command: Union[None, str, Sequence[str]] = None,
) -> pathlib.Path:
    """Writes a module as an ONNX file with its own parameters: nothing folded, merged or renamed.

    example  as data in profile(): a few examples tell the shapes; the file takes any number of them
    verify   compare names and gradients of the file with the module's; needs the command

    Derivatives of a file are written by run("export", path, …). Raises ThalwegError.
    """
    if not isinstance(model, nn.Module):
        raise _usage(f"The model is {type(model).__name__}; it must be a torch.nn.Module.", "bad-model")
    model = _unwrapped(model)
    takes = _Signature.of(model)
    examples = _quiet_randomness(lambda: _examples(example, takes, None, None))
    target = pathlib.Path(path)
    exported = _export(model, examples, takes, target, _Loss({}, None), {})
    for note in exported.notes:
        _warn(note)
    if verify:
        with _workspace(None) as folder:
            for note in _prove(exported, folder, command, {}).notes:
                _warn(note)
    return target
