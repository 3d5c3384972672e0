"""OpenAI's Python SDK: with the local model, with scripted answers, and short of money."""

import json
import os
import time

import openai
import pydantic
from checks import BASE_URL, KEY, MODEL, check, forwarded, release, run

URL = f"{BASE_URL}/v1"
HELLO = [{"role": "user", "content": "Name three fruits."}]
FRUITS = "Apples, pears and plums."
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk"
    "+A8AAQUBAScY42YAAAAASUVORK5CYII="
)

client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0, timeout=120)


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    city: str


TOOLS = [openai.pydantic_function_tool(Weather)]


def ask(model="scripted/plain", user="python", by=client, **more):
    call = {"model": model, "user": user, "messages": HELLO, **more}
    return by.chat.completions.create(**call)


def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def refused(expected, call):
    try:
        call()
    except expected as e:
        return e
    raise AssertionError(f"no {expected.__name__}")


class Noting:
    """A client with the SDK's own retries that notes when its requests leave and come back."""

    def __init__(self, on_answer=lambda answer: None, **options):
        self.sent, self.answered, self.statuses, self.asked = [], [], [], []
        self.on_answer = on_answer
        hooks = {"request": [self.leaves], "response": [self.returns]}
        http = openai.DefaultHttpxClient(event_hooks=hooks)
        options = {"base_url": URL, "api_key": KEY, "timeout": 120, **options}
        self.client = openai.OpenAI(http_client=http, **options)

    def leaves(self, _):
        self.sent.append(time.monotonic())

    def returns(self, answer):
        self.answered.append(time.monotonic())
        self.statuses.append(answer.status_code)
        self.asked.append(int(answer.headers.get("retry-after", 0)))
        self.on_answer(answer)

    def assert_waited(self):
        """Whether the second request came no sooner than the first answer asked for."""
        waited, asked = self.sent[1] - self.answered[0], self.asked[0]
        assert asked >= 1, "no retry-after"
        assert waited >= asked - 0.01, f"{waited:.2f} s waited, not {asked}"


# --- a real model ----------------------------------------------------------------------------


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
    assert text_of(chunks).strip(), "no text"
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


# --- models and what is forwarded ------------------------------------------------------------


@check
def models_list_and_retrieve():
    ids = [m.id for m in client.models.list()]
    assert {MODEL, "scripted/plain"} <= set(ids), ids
    for name in (MODEL, "scripted/plain"):
        assert client.models.retrieve(name).id == name
    refused(openai.NotFoundError, lambda: client.models.retrieve("no/such-model"))


@check
def what_is_forwarded():
    extra = {"top_k": 7, "a_field_nobody_knows": {"deep": [1, None, "é"]}}
    image = {"type": "image_url", "image_url": {"url": PIXEL}}
    parts = [{"type": "text", "text": "What is this?"}, image]
    messages = [{"role": "user", "content": parts}]
    ask(user="python-forwarded", messages=messages, extra_body=extra)
    [request] = forwarded("python-forwarded")
    body = json.loads(request["body"])
    assert {**body, **extra} == body, body
    assert body["messages"] == messages, "not the image that was sent"
    assert body["model"] == "plain", body["model"]
    assert body["max_tokens"] == 4096, "without a limit of the caller the model's own is sent"
    assert "authorization" not in request["headers"], "the caller's key went to the provider"


@check
def too_high_a_limit_is_lowered():
    ask(user="python-limit", max_completion_tokens=1_000_000)
    body = json.loads(forwarded("python-limit")[0]["body"])
    assert body["max_tokens"] == 4096 and "max_completion_tokens" not in body, body


@check
def usage_when_the_provider_sends_none():
    plain = ask("scripted/quiet")
    assert plain.choices[0].message.content == FRUITS, plain
    assert plain.usage.completion_tokens > 0, plain
    *_, last = ask("scripted/quiet", stream=True, stream_options={"include_usage": True})
    assert not last.choices and last.usage.completion_tokens > 0, last


@check
def pieces_come_as_they_are_made():
    pieces = ask("scripted/gate", "python-gate", stream=True)
    # The provider sends no second piece before it is told to.
    first = next(piece for piece in pieces if piece.choices[0].delta.content)
    assert first.choices[0].delta.content == "Apples", first
    release("python-gate")
    *_, last = pieces
    assert last.choices[0].finish_reason == "stop", last


@check
def reasoning():
    message = ask("scripted/reasoning").choices[0].message
    assert (message.content, message.reasoning_content) == ("Plums.", "Let me see."), message
    chunks = list(ask("scripted/reasoning", stream=True))
    thoughts = [getattr(c.choices[0].delta, "reasoning_content", None) or "" for c in chunks]
    assert ("".join(thoughts), text_of(chunks)) == ("Let me see.", "Plums."), chunks


@check
def json_schema():
    class Basket(pydantic.BaseModel):
        fruits: list[str]

    answer = client.chat.completions.parse(
        model="scripted/schema", messages=HELLO, response_format=Basket
    )
    assert answer.choices[0].message.parsed == Basket(fruits=["apple", "pear"]), answer


# --- tools -----------------------------------------------------------------------------------


def cities(calls):
    assert all(call.function.name == "Weather" for call in calls), calls
    return [json.loads(call.function.arguments)["city"] for call in calls]


@check
def tools():
    answer = ask("scripted/tools", tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls", answer
    message = answer.choices[0].message
    assert cities(message.tool_calls) == ["Oslo", "Rome"], message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"rain in {city}"}
        for call, city in zip(message.tool_calls, cities(message.tool_calls))
    ]
    answer = ask("scripted/tools", messages=[*HELLO, message, *results], tools=TOOLS)
    text = answer.choices[0].message.content
    assert text == "Results: rain in Oslo rain in Rome", text


@check
def tools_on_the_stream():
    calls = {}
    for chunk in ask("scripted/tools", tools=TOOLS, stream=True):
        for delta in chunk.choices[0].delta.tool_calls or []:
            if delta.id:
                calls[delta.index] = [delta.id, ""]
            calls[delta.index][1] += delta.function.arguments
    assert calls == {0: ["call_0", '{"city": "Oslo"}'], 1: ["call_1", '{"city": "Rome"}']}, calls
    assert chunk.choices[0].finish_reason == "tool_calls", chunk


@check
def stream_helper_with_tools():
    with client.chat.completions.stream(
        model="scripted/tools", messages=HELLO, tools=TOOLS
    ) as events:
        kinds = {event.type for event in events}
        message = events.get_final_completion().choices[0].message
    assert "tool_calls.function.arguments.done" in kinds, kinds
    parsed = [call.function.parsed_arguments for call in message.tool_calls]
    assert parsed == [Weather(city="Oslo"), Weather(city="Rome")], parsed


# --- what goes wrong -------------------------------------------------------------------------


@check
def wrong_key_is_401_and_asked_once():
    noting = Noting(api_key="rsk_live_wrong")
    error = refused(openai.AuthenticationError, lambda: ask(by=noting.client))
    assert error.body["message"] and error.code == "invalid_api_key", error.body
    assert error.request_id, "no x-request-id"
    assert error.response.headers["x-should-retry"] == "false", error.response.headers
    assert noting.statuses == [401], noting.statuses
    refused(openai.AuthenticationError, lambda: list(noting.client.models.list()))


@check
def unknown_model_is_404():
    error = refused(openai.NotFoundError, lambda: ask("no-such-model"))
    assert "no-such-model" in error.body["message"], error.body
    assert error.code == "model_not_found", error.code


@check
def broken_request_is_400():
    error = refused(openai.BadRequestError, lambda: ask(max_tokens=-1))
    assert error.body["message"] and error.param == "max_tokens", error.body
    refused(openai.BadRequestError, lambda: ask(messages=[]))


@check
def too_long_a_prompt_is_400():
    error = refused(openai.BadRequestError, lambda: ask("scripted/long"))
    assert error.code == "context_length_exceeded", error.body
    assert "maximum context length" in error.body["message"], error.body


@check
def failing_provider_is_502():
    error = refused(openai.InternalServerError, lambda: ask("scripted/fails"))
    assert error.status_code == 502, error
    assert "worker-7" not in error.response.text, "the provider's inner life is shown"


@check
def broken_stream_raises():
    for model in ("scripted/reset", "scripted/cut"):
        seen = []
        chunks = ask(model, stream=True)
        error = refused(openai.APIError, lambda: seen.extend(chunks))
        assert FRUITS.startswith(text_of(seen)) and text_of(seen), seen
        assert error.body["code"] == "bad_gateway", error.body


@check
def next_route_is_tried():
    answer = ask("scripted/second-route", "python-route")
    assert answer.choices[0].message.content == FRUITS, answer
    tried = [json.loads(request["body"])["model"] for request in forwarded("python-route")]
    assert tried == ["busy", "plain"], tried


@check
def busy_provider_is_asked_again_after_its_time():
    noting = Noting()
    answer = ask("scripted/busy-once", "python-busy", noting.client)
    assert answer.choices[0].message.content == FRUITS, answer
    assert noting.statuses == [503, 200], noting.statuses
    noting.assert_waited()
    error = refused(openai.InternalServerError, lambda: ask("scripted/busy"))
    assert error.response.headers["retry-after"] == "1", error.response.headers


# --- an allowance of 300 tokens --------------------------------------------------------------


def small(on_answer=lambda answer: None):
    url, key = os.environ["RUNSPACE_SMALL_URL"], os.environ["RUNSPACE_SMALL_KEY"]
    return Noting(on_answer, base_url=f"{url}/v1", api_key=key)


@check
def held_allowance_is_429_and_asked_again():
    holder = small()
    pieces = ask("scripted/gate", "python-held", holder.client, max_tokens=200, stream=True)
    next(pieces)

    def look(answer):
        if answer.status_code == 429:
            release("python-held")
            list(pieces)

    second = small(look)
    answer = ask("scripted/plain", by=second.client, max_tokens=200)
    assert answer.choices[0].message.content == FRUITS, answer
    assert second.statuses == [429, 200], second.statuses
    second.assert_waited()


@check
def held_allowance_is_a_rate_limit_error():
    pieces = ask("scripted/gate", "python-429", small().client, max_tokens=200, stream=True)
    next(pieces)
    again = small().client.with_options(max_retries=0)
    error = refused(openai.RateLimitError, lambda: ask(by=again, max_tokens=200))
    assert error.code == "allowance_held" and error.body["retryable"] is True, error.body
    release("python-429")
    list(pieces)


@check
def spent_allowance_is_402_and_asked_once():
    noting = small()
    answer = ask("scripted/greedy", by=noting.client, max_tokens=200)
    assert answer.usage.completion_tokens == 200, answer.usage
    error = refused(openai.APIStatusError, lambda: ask(by=noting.client, max_tokens=200))
    assert error.status_code == 402, error
    assert error.code == "daily_allowance_spent" and error.body["resets_at"], error.body
    assert noting.statuses == [200, 402], noting.statuses


run()
