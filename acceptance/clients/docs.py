"""Every snippet of the documentation, run as it stands on the pages that the server serves.

Shell texts that call curl, Python and Node programs are run; what else there is in the shell
installs something. JSON and YAML are read by the Java tests (DocsTest).
"""

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from checks import BASE_URL, KEY, Skip, check, run

PYTHON = os.environ.get("ACCEPTANCE_PYTHON", "python3")
NODE = os.environ.get("ACCEPTANCE_NODE", "node")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
PAGES_MIN = 11
SNIPPETS_MIN = 12


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def said(command, folder=None):
    environment = {**os.environ, "RUNSPACE_KEY": KEY}
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"exit code {done.returncode}: {done.stderr[-200:]}"
    return done.stdout


def run_curl(text):
    answer = said(["sh", "-c", text])
    if "data: " in answer:
        assert answer.endswith("data: [DONE]\n\n"), answer[-200:]
    else:
        assert "error" not in json.loads(answer), answer[:200]


def run_python(text):
    if reason := os.environ.get("ACCEPTANCE_NO_PYTHON_CLIENTS"):
        raise Skip(reason)
    assert said([PYTHON, "-c", text]).strip(), "it printed nothing"


def run_node(text):
    if reason := os.environ.get("ACCEPTANCE_NO_NODE_CLIENTS"):
        raise Skip(reason)
    with tempfile.TemporaryDirectory() as folder:
        # Modules of this kind are looked for beside the file alone.
        Path(folder, "node_modules").symlink_to(os.environ["NODE_PATH"])
        Path(folder, "sample.mjs").write_text(text)
        assert said([NODE, "sample.mjs"], folder).strip(), "it printed nothing"


RUNNERS = {"sh": run_curl, "python": run_python, "js": run_node}


def snippets():
    """Page, language and text of all that can be run; the key is in the environment already."""
    for url in re.findall(r"\]\((\S+\.md)\)", get(f"{BASE_URL}/llms.txt")):
        page = Path(url).stem
        for language, text in FENCED.findall(get(url)):
            text = re.sub(r"^export RUNSPACE_KEY=.*\n", "", text)
            if language in RUNNERS and (language != "sh" or "curl" in text):
                yield page, language, text


def make(number, page, language, text):
    def function():
        RUNNERS[language](text)

    function.__name__ = f"{page}_{number}_{language}"
    check(function)


FOUND = list(snippets())


@check
def pages_and_snippets_are_there():
    assert get(f"{BASE_URL}/llms.txt").count(".md)") >= PAGES_MIN
    assert len(FOUND) >= SNIPPETS_MIN, len(FOUND)


for place, found in enumerate(FOUND, 1):
    make(place, *found)

run()
