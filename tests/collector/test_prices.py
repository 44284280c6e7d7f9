"""What runs cost: reported or computed, each call once, and never more than is known."""

import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from recordings import records

from whyspan.semconv import Kind
from whyspan_collector import prices as prices_package
from whyspan_collector.errors import WrongPrices
from whyspan_collector.prices import STEPS, Price, Prices, load
from whyspan_collector.records import Span
from whyspan_collector.runs import SpanFacts
from whyspan_collector.store import Store
from whyspan_collector.usage import Costs, costs, usage_of

TRACE = f"{1:032x}"
PRICES = Prices([Price(model="m", input=1, output=10, cache_read=0.1)])


def span(number: int, parent: int | None = None, kind: Kind = Kind.STEP, **fields: Any) -> SpanFacts:
    """A span of the one trace."""
    known = dict.fromkeys(SpanFacts.__slots__)
    known |= {"trace_id": TRACE, "span_id": f"{number:016x}", "kind": kind}
    known["parent_span_id"] = None if parent is None else f"{parent:016x}"
    return SpanFacts(**known | fields)


def call(number: int, parent: int | None = None, **fields: Any) -> SpanFacts:
    """A call of model m, a million tokens each way."""
    return span(
        number, parent, Kind.MODEL_CALL, **{"model": "m", "input_tokens": 10**6, "output_tokens": 10**6} | fields
    )


def cost_of(*spans: SpanFacts) -> Costs:
    """What a run of these spans cost."""
    parents = {one.key: (TRACE, one.parent_span_id) for one in spans if one.parent_span_id}
    return costs(usage_of(spans, parents, PRICES))


def test_a_reported_cost_wins_and_the_rest_is_computed() -> None:
    """Per call: what the instrumentation reports, else tokens times price, else unknown."""
    unknown = call(3, model="nobody's"), call(4, output_tokens=None), call(5, input_tokens=None, output_tokens=None)
    assert cost_of(call(1, cost=0.5), call(2), *unknown) == Costs(11.5, 1, 1, 3)
    assert cost_of(*unknown) == Costs(None, 0, 0, 3)
    assert cost_of(span(1)) == Costs(None, 0, 0, 0)


def test_a_call_inside_a_call_is_one_call() -> None:
    """Whichever of a gateway's call and the provider's call reports the cost or the tokens, it counts once."""
    bare = {"input_tokens": None, "output_tokens": None}
    assert cost_of(call(1), call(2, 1)) == Costs(11, 0, 1, 0)
    assert cost_of(call(1, cost=0.5), call(2, 1)) == Costs(0.5, 1, 0, 0)
    assert cost_of(call(1), call(2, 1, cost=0.5)) == Costs(0.5, 1, 0, 0)
    assert cost_of(call(1), call(2, 1, cost=0.5, **bare)) == Costs(0.5, 1, 0, 0)
    assert cost_of(call(1), call(2, 1, **bare)) == Costs(11, 0, 1, 0)
    assert cost_of(call(1), call(2, 1, cost=0.5, **bare), call(3, 1, **bare)) == Costs(0.5, 1, 0, 1)


def test_an_outer_cost_covers_the_calls_below_it() -> None:
    """An agent that reports what all its calls cost is believed; calls beside it are computed."""
    agent = span(1, kind=Kind.AGENT, cost=2.0)
    assert cost_of(agent, call(2, 1), call(3, 1)) == Costs(2.0, 2, 0, 0)
    assert cost_of(agent, call(2, 1), call(3)) == Costs(13.0, 1, 1, 0)
    assert cost_of(span(1, kind=Kind.AGENT, model="m", input_tokens=10**6, output_tokens=0)) == Costs(1.0, 0, 1, 0)


def test_deep_trees_and_cycles_have_a_cost() -> None:
    """A chain of 10,000 spans and spans that are their own parents are ordinary input."""
    chain = [span(number, number - 1 or None) for number in range(1, 10_000)]
    assert cost_of(*chain, *(call(10_000 + number, 9_999) for number in range(50))) == Costs(550, 0, 50, 0)
    assert cost_of(span(1, 2, cost=1.0), span(2, 1), call(3, 3)).costs_unknown == 0


def test_cached_input_has_its_own_price() -> None:
    """Cached tokens are part of the input, unless there are more of them than input: then they were counted apart."""
    price = Price(model="m", input=1, output=10, cache_read=0.1, cache_write=2)
    assert price.of(1_000_000, 100_000, 500_000, 250_000) == pytest.approx(0.25 + 0.05 + 0.5 + 1)
    assert price.of(100_000, 0, 500_000, 0) == pytest.approx(0.1 + 0.05)
    assert Price(model="m", input=1, output=10).of(1_000_000, 0, 500_000, 0) == pytest.approx(1)


def test_long_input_has_its_own_price() -> None:
    """Where a maker charges more beyond a size, each call is charged by its own size."""
    prices = Prices([Price(model="m", up_to=200_000, input=1, output=1), Price(model="m", input=2, output=1)])
    calls = [call(1, input_tokens=200_000, output_tokens=0), call(2, input_tokens=250_000, output_tokens=0)]
    assert costs(usage_of(calls, {}, prices)).cost == pytest.approx(0.2 + 0.5)


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        ("openai", "gpt-4o-mini-2024-07-18", 0.15),
        ("azure.ai.openai", "gpt-4o", 2.5),
        ("openai", "gpt-4o-2024-05-13", 5),
        ("openai", "gpt-4-1106-preview", 10),
        ("openrouter", "anthropic/claude-sonnet-4.6", 3),
        ("aws.bedrock", "us.anthropic.claude-3-5-haiku-20241022-v1:0", 0.8),
        (
            "aws.bedrock",
            "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-3-5-haiku-20241022-v1:0",
            0.8,
        ),
        ("gcp.vertex_ai", "claude-haiku-4-5@20251001", 1),
        ("google", "models/gemini-2.5-flash-preview-05-20", 0.3),
        (None, "GPT-5-mini", 0.25),
        ("openrouter", "meta/llama-3:free", None),
        ("openrouter", "openai/gpt-4o:free", None),
        ("openai", "gpt-4o-audio-preview", None),
        ("openai", "ft:gpt-4o-mini-2024-07-18:shop::x", None),
        ("mistral_ai", "mistral-large-2512", 0.5),
        ("ollama", "mistral-large-2512", None),
        ("openai", None, None),
        ("openai", "", None),
    ],
)
def test_models_are_found_by_the_names_instrumentations_send(
    provider: str | None, model: str | None, dollars: float | None
) -> None:
    """Path, region, date and version do not hide a model; variants with another price are not taken for it."""
    found = Prices().find(provider, model, 0)
    assert (found and found.input) == dollars


def test_every_price_that_ships_can_be_found() -> None:
    """No price hides another: each is found by its own name, provider and size of input."""
    table = Path(prices_package.__file__).with_name("builtin.toml").read_text(encoding="utf-8")
    for row in tomllib.loads(table)["prices"]:
        price = Price(**row)
        over = 0 if price.up_to else max(STEPS)
        assert Prices().find(price.provider, price.model, over) == price


def test_the_users_prices_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the user's prices the more specific wins; all of them come before those that ship."""
    own = 'prices = [{ model = "*", provider = "ollama", input = 0, output = 0 }, { model = "gpt-4o*", input = 7, output = 7 }]'
    (tmp_path / "prices.toml").write_text(own)
    prices = load(tmp_path)
    found = [
        prices.find(*name, 0) for name in (("ollama", "qwen"), ("openai", "gpt-4o-mini"), ("openai", "gpt-5-mini"))
    ]
    assert [price and price.input for price in found] == [0, 7, 0.25]
    assert prices.own == 2

    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text('prices = [{ model = "gpt-5-mini", input = 9, output = 9 }]')
    monkeypatch.setenv("WHYSPAN_PRICES", str(elsewhere))
    assert load(tmp_path).find("openai", "gpt-5-mini", 0) == Price(model="gpt-5-mini", input=9, output=9)


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    """What docs/costs.md tells people to write is a price table."""
    page = (Path(__file__).parents[2] / "docs" / "costs.md").read_text(encoding="utf-8")
    (tmp_path / "prices.toml").write_text(page.partition("```toml\n")[2].partition("```")[0])
    prices = load(tmp_path)
    assert (prices.own, prices.find("ollama", "anything", 0)) == (
        2,
        Price(model="*", provider="ollama", input=0, output=0),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prices = [{ model = }]", "line 1"),
        ("", "prices: Field required"),
        ('prices = [{ model = "m", input = -1, output = 1 }]', "prices.0.input: Input should be greater than"),
        ('prices = [{ model = "m", input = inf, output = 1 }]', "prices.0.input: Input should be a finite number"),
        ('prices = [{ model = "m", input = 1, output = 1, up_to = 5 }]', "prices.0.up_to: Input should be 100000"),
        ('prices = [{ model = "m", input = 1, output = 1, cached = 5 }]', "prices.0.cached: Extra inputs"),
    ],
)
def test_a_price_table_that_makes_no_sense_says_so(tmp_path: Path, text: str, reason: str) -> None:
    """Which file, which place, what is wrong and how a price is written."""
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(WrongPrices) as error:
        Store(tmp_path)
    assert str(tmp_path / "prices.toml") in str(error.value)
    assert reason in str(error.value)


def test_stored_runs_are_priced_anew_when_the_prices_change(tmp_path: Path) -> None:
    """Reported costs stay; the others follow the price table at the next opening, without the spans."""
    spans = [
        Span(TRACE, f"{number:016x}", None, "chat", "client", 1, 2, "unset", kind=Kind.MODEL_CALL, **fields)
        for number, fields in enumerate(
            [
                {"provider": "mine", "request_model": "big", "input_tokens": 10**6, "output_tokens": 10**5},
                {"provider": "mine", "request_model": "big", "cost": 0.5},
                {"provider": "mine", "request_model": "small", "input_tokens": 10**6, "output_tokens": 10**5},
            ],
            1,
        )
    ]
    with closing(Store(tmp_path)) as store:
        store.ingest(spans, [], 1)
        assert known(store) == (0.5, 1, 0, 2)
        assert [(row["model"], row["calls"]) for row in store.query("unpriced").to_pylist()] == [
            ("big", 1),
            ("small", 1),
        ]
    (tmp_path / "prices.toml").write_text('prices = [{ model = "big", input = 1, output = 10 }]')
    for _ in range(2):
        with closing(Store(tmp_path)) as store:
            assert known(store) == (2.5, 1, 1, 1)
            assert store.query("unpriced")["model"].to_pylist() == ["small"]
            assert store.status()["prices"]["own"] == 1
    (tmp_path / "prices.toml").unlink()
    with closing(Store(tmp_path)) as store:
        assert known(store) == (0.5, 1, 0, 2)


def known(store: Store) -> tuple[Any, ...]:
    """The cost of the only run, and of how many calls it is."""
    (run,) = store.query("runs").to_pylist()
    return tuple(run[name] for name in ("cost", "costs_recorded", "costs_derived", "costs_unknown"))


def test_derived_costs_agree_with_reported_ones(tmp_path: Path) -> None:
    """Pydantic AI reports what its calls cost; the price table comes to the same for the same tokens."""
    spans, _ = records("pydantic-ai__native__hallucinated_tool")
    with closing(Store(tmp_path)) as store:
        store.ingest(spans, [], 1)
        recorded, *calls = known(store)
    assert calls == [3, 0, 0]
    for one in spans:
        one.cost = None
    with closing(Store(tmp_path / "without")) as store:
        store.ingest(spans, [], 1)
        derived, *calls = known(store)
    assert calls == [0, 3, 0]
    assert derived == pytest.approx(recorded)
