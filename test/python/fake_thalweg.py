"""Stands for the command line: keeps the arguments that it was given, answers with a document that is told in advance."""

import json
import os
import sys
from pathlib import Path

folder = Path(os.environ["FAKE_THALWEG"])
told = json.loads((folder / "told.json").read_text())
calls = folder / "calls.json"
earlier = json.loads(calls.read_text()) if calls.exists() else []
calls.write_text(json.dumps([*earlier, sys.argv[1:]]))
sys.stderr.write(told.get("err", ""))
sys.stdout.write(told["out"] if isinstance(told["out"], str) else json.dumps(told["out"]))
sys.exit(told["code"])
