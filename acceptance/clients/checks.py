"""What the Python clients share: named checks, printed for acceptance/run."""

import json
import os
import traceback
import urllib.request

BASE_URL = os.environ["RUNSPACE_BASE_URL"]
KEY = os.environ["RUNSPACE_KEY"]
MODEL = os.environ["RUNSPACE_MODEL"]

PROVIDER = os.environ["RUNSPACE_PROVIDER"]

_checks = []


class Skip(Exception):
    """The check cannot be made on this machine."""


def _ask_provider(path, user, data=None):
    with urllib.request.urlopen(f"{PROVIDER}/control/{path}?user={user}", data, timeout=10) as r:
        return json.load(r)


def forwarded(user):
    """The requests that the scripted provider got under that `user`, oldest first."""
    return _ask_provider("requests", user)


def release(user):
    """Lets the stream of `scripted/gate` under that `user` go on."""
    _ask_provider("release", user, b"")


def check(function):
    """A check is a function; it holds when it returns, and its name is the function's."""
    _checks.append(function)
    return function


def run():
    for function in _checks:
        name = function.__name__.replace("_", " ")
        try:
            function()
        except Skip as e:
            print(f"skip {name}: {e}", flush=True)
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)
            line = next((f.line for f in reversed(where) if f.name == function.__name__), "")
            reason = " ".join(f"{type(e).__name__}: {e}".split())[:300]
            print(f"not ok {name}: {reason} (at: {line})", flush=True)
        else:
            print(f"ok {name}", flush=True)
