"""What the Python clients share: named checks, printed for acceptance/run."""

import os
import traceback

BASE_URL = os.environ["RUNSPACE_BASE_URL"]
KEY = os.environ["RUNSPACE_KEY"]
MODEL = os.environ["RUNSPACE_MODEL"]

_checks = []


def check(function):
    """A check is a function; it holds when it returns, and its name is the function's."""
    _checks.append(function)
    return function


def run():
    for function in _checks:
        name = function.__name__.replace("_", " ")
        try:
            function()
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)
            line = next((f.line for f in reversed(where) if f.name == function.__name__), "")
            reason = " ".join(f"{type(e).__name__}: {e}".split())[:300]
            print(f"not ok {name}: {reason} (at: {line})", flush=True)
        else:
            print(f"ok {name}", flush=True)
