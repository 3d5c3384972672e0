"""The curl line that the server prints at its start, pasted into a shell as it stands."""

import json
import os
import subprocess

from checks import check, run

CURL = os.environ["RUNSPACE_CURL"]


@check
def streams_to_the_end():
    done = subprocess.run(
        ["sh", "-c", CURL],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"curl ended with {done.returncode}: {done.stderr[-200:]}"
    events = [e for e in done.stdout.split("\n\n") if e.strip() and not e.startswith(":")]
    assert len(events) > 3, f"only {len(events)} events: {done.stdout[:200]}"
    assert all(e.startswith("data: ") for e in events), f"not only data events: {events[:3]}"
    assert events[-1] == "data: [DONE]", f"the last event is {events[-1][:100]}"
    chunks = [json.loads(e[len("data: ") :]) for e in events[:-1]]
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert len(text.split()) > 2, f"hardly any text: {text!r}"
    reasons = [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]]
    assert reasons[-1] in ("stop", "length"), f"finish reasons {reasons[-3:]}"


run()
