"""OpenAI's Python SDK."""

import openai
from checks import BASE_URL, KEY, MODEL, check, run

URL = f"{BASE_URL}/v1"
HELLO = [{"role": "user", "content": "Name three fruits."}]

client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0, timeout=120)


def refused(expected, call):
    try:
        call()
    except expected as e:
        return e
    raise AssertionError(f"no {expected.__name__}")


@check
def chat():
    answer = client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=24)
    choice = answer.choices[0]
    assert choice.message.role == "assistant", choice
    assert choice.message.content.strip(), "no text"
    assert choice.finish_reason in ("stop", "length"), choice.finish_reason
    assert answer.model == MODEL, answer.model
    assert answer.usage.prompt_tokens > 0, answer.usage
    assert 0 < answer.usage.completion_tokens <= 24, answer.usage
    total = answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.total_tokens == total, answer.usage


@check
def stream():
    chunks = list(
        client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=24, stream=True)
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.strip(), "no text"
    assert chunks[0].choices[0].delta.role == "assistant", chunks[0]
    assert len({c.id for c in chunks}) == 1, "the id changes"
    assert {c.model for c in chunks} == {MODEL}, "another model"
    finish = [c for c in chunks if c.choices and c.choices[0].finish_reason]
    assert len(finish) == 1, f"{len(finish)} finish chunks"
    assert finish[0].usage and finish[0].usage.completion_tokens > 0, "no usage on the finish"


@check
def usage_on_the_stream():
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=HELLO,
            max_tokens=8,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    last = chunks[-1]
    assert not last.choices, "the last chunk should have no choices"
    assert last.usage.prompt_tokens > 0, last.usage
    assert 0 < last.usage.completion_tokens <= 8, last.usage
    finish = next(c for c in chunks if c.choices and c.choices[0].finish_reason)
    assert finish.usage == last.usage, "two different figures"


@check
def max_tokens_ends_with_length():
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Tell me a long story about the sea."}],
        max_completion_tokens=5,
    )
    assert answer.choices[0].finish_reason == "length", answer.choices[0]
    assert answer.usage.completion_tokens == 5, answer.usage


@check
def leaving_a_stream_early():
    with client.chat.completions.create(
        model=MODEL, messages=HELLO, max_tokens=200, stream=True
    ) as chunks:
        for number, _ in enumerate(chunks):
            if number == 3:
                break
    chat()


@check
def models_list():
    ids = [m.id for m in client.models.list()]
    assert MODEL in ids, ids


@check
def wrong_key_is_401():
    stranger = client.with_options(api_key="rsk_live_wrong")
    error = refused(
        openai.AuthenticationError,
        lambda: stranger.chat.completions.create(model=MODEL, messages=HELLO),
    )
    assert error.body["message"], error.body
    assert error.request_id, "no x-request-id"
    refused(openai.AuthenticationError, lambda: list(stranger.models.list()))


@check
def unknown_model_is_404():
    error = refused(
        openai.NotFoundError,
        lambda: client.chat.completions.create(model="no-such-model", messages=HELLO),
    )
    assert "no-such-model" in error.body["message"], error.body


@check
def broken_request_is_400():
    error = refused(
        openai.BadRequestError,
        lambda: client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=-1),
    )
    assert error.body["message"], error.body


run()
