"""Answers of the OpenAI API and its compatible servers, as these write them, and short ways to make more of them."""

from typing import Any

import orjson

DONE = b"data: [DONE]\n\n"

# openai-openapi's own examples, shortened.
CHAT = (
    b'{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,'
    b'"model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I '
    b'assist you today?","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":'
    b'{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0}},'
    b'"service_tier":"default","system_fingerprint":"fp_44709d6fcb"}\n'
)
CHAT_TOOLS = (
    b'{"id":"chatcmpl-abc123","object":"chat.completion","created":1699896916,"model":"gpt-4o-mini","choices":[{"index"'
    b':0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_abc123","type":"function","function":'
    b'{"name":"get_current_weather","arguments":"{\\n\\"location\\": \\"Boston, MA\\"\\n}"}}]},"logprobs":null,'
    b'"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99}}'
)
COMPLETION = (
    b'{"id":"cmpl-uqkvlQyYK7bGYrRHQ0eXlWi7","object":"text_completion","created":1589478378,"model":'
    b'"VAR_completion_model_id","system_fingerprint":"fp_44709d6fcb","choices":[{"text":"\\n\\nThis is indeed a test",'
    b'"index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,'
    b'"total_tokens":12}}'
)
EMBEDDINGS = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023064255,-0.009327292,-0.0028842222]}],'
    b'"model":"text-embedding-ada-002","usage":{"prompt_tokens":8,"total_tokens":8}}'
)
ERROR = b'{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}'
# vLLM 0.6's.
FLAT_ERROR = b'{"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}'

_CHUNK = (
    '{"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4o-mini",'
    '"system_fingerprint":"fp_44709d6fcb","choices":[%s],"usage":%s,"obfuscation":"%s"}'
)


def _chunks(*written: tuple[str, str, str]) -> bytes:
    return b"".join(f"data: {_CHUNK % each}\n\n".encode() for each in written)


# As OpenAI streams, with stream_options.include_usage.
CHAT_STREAM = (
    _chunks(
        ('{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}',
         "null", "K7"),
        ('{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}', "null", "q1Zr"),
        ('{"index":0,"delta":{"content":"!"},"logprobs":null,"finish_reason":null}', "null", "yBUv8b1dlI5ORP"),
        ('{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}', "null", "x"),
        ("", '{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21}', ""),
    )
    + DONE
)  # fmt: skip
TOOLS_STREAM = (
    _chunks(
        ('{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function",'
         '"function":{"name":"get_weather","arguments":""}}]},"logprobs":null,"finish_reason":null}', "null", "a"),
        ('{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":"}}]},"logprobs":null,'
         '"finish_reason":null}', "null", "b"),
        ('{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"get_time",'
         '"arguments":"{}"}}]},"logprobs":null,"finish_reason":null}', "null", "c"),
        ('{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\"Boston\\"}"}}]},"logprobs":null,'
         '"finish_reason":null}', "null", "d"),
        ('{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}', "null", "e"),
    )
    + DONE
)  # fmt: skip
# As Azure begins: filters, without a choice, a model or an object.
AZURE_STREAM = (
    b'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}\n\n'
    + CHAT_STREAM
)
COMPLETION_STREAM = (
    b'data: {"id":"cmpl-7iA7","object":"text_completion","created":1690759702,"choices":[{"text":" It","index":0,'
    b'"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct","usage":null}\n\n'
    b'data: {"id":"cmpl-7iA7","object":"text_completion","created":1690759702,"choices":[{"text":" is","index":0,'
    b'"logprobs":null,"finish_reason":"length"}],"model":"gpt-3.5-turbo-instruct","usage":null}\n\n' + DONE
)


def stream(*events: Any, done: bool = True) -> bytes:
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events) + (DONE if done else b"")


def delta(index: int = 0, finish: str | None = None, **said: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    return {
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [{"index": index, "delta": said, "finish_reason": finish}],
    }


def chat(*messages: Any, **answered: Any) -> bytes:
    """One choice a message."""
    choices = [{"index": i, "message": each, "finish_reason": "stop"} for i, each in enumerate(messages)]
    return orjson.dumps({"object": "chat.completion", "model": "m", "choices": choices, **answered})


def embeddings(*vectors: Any, **answered: Any) -> bytes:
    data = [{"object": "embedding", "index": i, "embedding": each} for i, each in enumerate(vectors)]
    return orjson.dumps({"object": "list", "data": data, "model": "e", **answered})
