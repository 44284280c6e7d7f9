"""Cutting a record's bytes loses nothing, and finds again what a conversation repeats."""

import json
import random

from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from whyspan_collector.pieces import Step, cut, read_recipe, recipe

_FRAGMENTS = st.sampled_from(
    [
        b'{"role": "user", "content": "' + b"x" * 300 + b'"}',
        b"}, {",
        b"}]",
        b"[{",
        b"\x12\x83\x02\n\x80\x02",
        b"\x12\xff\xff\xff\x7f\n\xff\xff\xff\x7f",
        b"J\x80\x01\n\x05key.k",
        b"\n\x05",
        b"y" * 700,
    ]
)


@given(st.lists(_FRAGMENTS | st.binary(max_size=40), max_size=30).map(b"".join))
@example(b"")
@example(b"\x12\xff\xff\xff\x7f\n\xff\xff\xff\x7f" * 300)
def test_pieces_are_ordered_stretches_of_the_record(record: bytes) -> None:
    """Whatever the bytes, pieces never overlap, never leave the record and are worth a name."""
    done = 0
    for start, end in cut(record):
        assert done <= start <= end <= len(record)
        assert end - start >= 256
        done = end


@given(st.lists(st.builds(Step, st.binary(max_size=300), st.integers(1, 2**60)), max_size=5), st.binary(max_size=300))
def test_a_recipe_reads_back(steps: list[Step], rest: bytes) -> None:
    """A stored item gives its steps and its rest again."""
    assert read_recipe(recipe(steps, rest)) == (steps, rest)


def test_a_message_is_the_same_piece_wherever_it_stands() -> None:
    """The answer of one call is found in the conversation of the next, behind other bytes and as no longer the last."""
    rng = random.Random(1)
    messages = [{"role": "user", "content": rng.randbytes(200).hex()} for _ in range(6)]
    pieces = []
    for size in (5, 6):
        text = AnyValue(string_value=json.dumps(messages[:size]))
        span = Span(trace_id=rng.randbytes(16), attributes=[KeyValue(key="gen_ai.input.messages", value=text)])
        record = span.SerializeToString()
        pieces.append({record[start:end] for start, end in cut(record)})
    assert pieces[0] < pieces[1]
    assert len(pieces[0]) == 5
