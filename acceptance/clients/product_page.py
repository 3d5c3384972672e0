"""The samples of the product page, with only base URL and key put in."""

import json
import os
import subprocess

from checks import BASE_URL, KEY, MODEL, Skip, check, run

PYTHON = os.environ.get("ACCEPTANCE_PYTHON", "python3")

# curl -d without a content type says that this is a form.
CHAT = """
curl https://run-space.com/v1/chat/completions \\
  -H "Authorization: Bearer $RUNSPACE_KEY" \\
  -d '{"model":"llama-3.3-70b","messages":[{"role":"user","content":"hi"}]}'
"""

MODELS = """
curl https://run-space.com/v1/models -H "Authorization: Bearer $RUNSPACE_KEY"
"""

SAMPLE = """
from openai import OpenAI

client = OpenAI(base_url="https://run-space.com/v1", api_key="$RUNSPACE_KEY")

resp = client.chat.completions.create(
    model="llama-3.3-70b",
    messages=[{"role": "user", "content": "ship it"}],
)
print(resp.choices[0].message.content)
"""


def here(sample):
    return sample.replace("https://run-space.com", BASE_URL)


def said(command):
    environment = {**os.environ, "RUNSPACE_KEY": KEY}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"exit code {done.returncode}: {done.stderr[-200:]}"
    return done.stdout


def curl(line):
    return json.loads(said(["sh", "-c", here(line)]))


@check
def chat_by_curl():
    answer = curl(CHAT)
    assert answer["model"] == "llama-3.3-70b", answer
    assert answer["choices"][0]["message"]["content"].strip(), answer
    assert answer["usage"]["completion_tokens"] > 0, answer


@check
def stream_by_curl():
    line = here(CHAT).replace('"messages"', '"stream": true, "messages"')
    events = said(["sh", "-c", line]).split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""], events[-2:]
    assert len(events) > 4, events


@check
def models_by_curl():
    ids = [model["id"] for model in curl(MODELS)["data"]]
    assert {"llama-3.3-70b", MODEL} <= set(ids), ids


@check
def revoked_or_mistyped_key_by_curl():
    answer = curl(CHAT.replace("$RUNSPACE_KEY", "rsk_live_YOURKEY"))
    assert answer["error"]["code"] == "invalid_api_key", answer


@check
def python_sample():
    if reason := os.environ.get("ACCEPTANCE_NO_PYTHON_CLIENTS"):
        raise Skip(reason)
    text = said([PYTHON, "-c", here(SAMPLE).replace("$RUNSPACE_KEY", KEY)])
    assert text.strip(), "it printed nothing"


run()
