"""Which instrumentation records which framework, best first, and what it does not capture.

What is said here was measured on recordings of the unmodified packages (November 2026); `misses` is None where nobody
measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MODEL_CALLS: Final = "the calls of the model"
_CONTENT: Final = "messages, arguments and results, unless you switch them on"
_REASONING: Final = "the model's reasoning"
_OVER_CHAT: Final = "the model's reasoning over /chat/completions"
_UNKNOWN_TOOLS: Final = "calls of tools that do not exist, except in the messages"
_FUNCTIONS: Final = "what your own functions do when the model calls them"
_DECORATE: Final = "decorate them with whyspan.tool"


@dataclass(frozen=True, slots=True)
class Package:
    """One instrumentation of one framework."""

    name: str
    """The distribution, as `pip install` knows it."""
    misses: tuple[str, ...] | None = None
    """What it does not capture, in words."""
    advice: str | None = None
    """What to do about that."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of its `instrument()` besides the tracer provider."""
    built_in: bool = False
    """The framework traces by itself; at most a switch has to be thrown."""

    @property
    def records_model_calls(self) -> bool:
        """True unless it is known not to."""
        return MODEL_CALLS not in (self.misses or ())


@dataclass(frozen=True, slots=True)
class Framework:
    """Something agents are written with, and the packages that can record it, best first."""

    name: str
    """The name packages give it, and users: `instrument("openai")`."""
    distribution: str
    """Installed where the framework is; for the rare module name that somebody else uses too, such as `agents`."""
    module: str
    packages: tuple[Package, ...]
    client: bool = False
    """A client of models: agent frameworks call it too, and then record its calls themselves."""


def _openinference(name: str, *misses: str, advice: str | None = None, **options: object) -> Package:
    return Package(f"openinference-instrumentation-{name}", misses, advice, options)


def _otel(name: str, *misses: str) -> Package:
    switch = "set OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY to switch content on"
    return Package(f"opentelemetry-instrumentation-genai-{name}", (*misses, _CONTENT), switch)


def _openllmetry(name: str, *misses: str, advice: str | None = None) -> Package:
    return Package(f"opentelemetry-instrumentation-{name}", misses or None, advice)


def _built_in(name: str, *misses: str, advice: str | None = None) -> Package:
    return Package(name, misses, advice, built_in=True)


def _unmeasured(name: str, distribution: str, module: str, openllmetry: str | None = None) -> Framework:
    packages = (Package(f"openinference-instrumentation-{name}"), _openllmetry(openllmetry or name))
    return Framework(name, distribution, module, packages, client=True)


THREADS: Final = Package(
    "opentelemetry-instrumentation-threading",
    ("process pools, and processes of your own",),
    "give them a whyspan.carrier()",
)
"""Makes every thread, timer and thread pool work in the run it is started from; it records nothing itself."""

FRAMEWORKS: Final = (
    Framework(
        "langchain",  # and LangGraph, which is written with it
        "langchain-core",
        "langchain_core",
        (
            _openinference(
                "langchain",
                _OVER_CHAT,
                _UNKNOWN_TOOLS,
                advice="LangChain drops the reasoning; ChatOpenAI(use_responses_api=True) keeps it",
            ),
            _otel("langchain", _OVER_CHAT, "the nodes and agents of a graph"),
            _openllmetry(
                "langchain",
                _OVER_CHAT,
                _UNKNOWN_TOOLS,
                advice="it makes a node of every middleware hook, which uses up recursion_limit",
            ),
        ),
    ),
    Framework(
        "openai-agents",
        "openai-agents",
        "agents",
        (
            # exclusive_processor, its default, would take away the processor that sends to OpenAI
            _openinference("openai-agents", "ids of tool calls on tool spans", exclusive_processor=False),
            _openllmetry("openai-agents", _REASONING, "ids of tool calls on tool spans"),
            _otel("openai-agents", MODEL_CALLS, _REASONING),
        ),
    ),
    Framework("pydantic-ai", "pydantic-ai-slim", "pydantic_ai", (_built_in("pydantic-ai", _UNKNOWN_TOOLS),)),
    Framework(
        "crewai",
        "crewai",
        "crewai",
        (
            _openinference(
                "crewai", MODEL_CALLS, advice="instrument the client it calls too, such as openai or litellm"
            ),
            _openllmetry("crewai"),
        ),
    ),
    Framework(
        "google-adk",
        "google-adk",
        "google.adk",
        (
            _openinference("google-adk"),
            _built_in("google-adk", "which text is reasoning and which the answer", _CONTENT),
        ),
    ),
    Framework("strands-agents", "strands-agents", "strands", (_built_in("strands-agents"),)),
    Framework(
        "agent-framework",
        "agent-framework-core",
        "agent_framework",
        (
            _built_in(
                "agent-framework",
                _REASONING,
                "calls whose arguments do not fit the tool",
                _CONTENT,
                advice="agent_framework.observability.enable_sensitive_telemetry() switches content on",
            ),
        ),
    ),
    Framework(
        "autogen-agentchat",
        "autogen-agentchat",
        "autogen_agentchat",
        (_openinference("autogen-agentchat", _REASONING, _UNKNOWN_TOOLS),),
    ),
    Framework("agno", "agno", "agno", (_openinference("agno", _UNKNOWN_TOOLS), _otel("agno"), _openllmetry("agno"))),
    Framework(
        "smolagents",
        "smolagents",
        "smolagents",
        (
            _openinference("smolagents", "reasoning, except as “Thought:” in the text"),
            _otel("smolagents", MODEL_CALLS, "anything but one span for each run"),
        ),
    ),
    Framework(
        "llama-index",
        "llama-index-core",
        "llama_index.core",
        (
            _openinference("llama-index", "reasoning, except as “Thought:” in the text"),
            _otel("llama-index"),
            _openllmetry("llamaindex"),
        ),
    ),
    Framework("dspy", "dspy", "dspy", (_openinference("dspy", "reasoning, except as text"), _otel("dspy"))),
    Framework(
        "openai",
        "openai",
        "openai",
        (
            _openinference("openai", _FUNCTIONS, advice=_DECORATE),
            _openllmetry("openai", _FUNCTIONS, advice=_DECORATE),
            _otel("openai", _OVER_CHAT, _FUNCTIONS),
        ),
        client=True,
    ),
    Framework(
        "anthropic",
        "anthropic",
        "anthropic",
        (
            _openinference("anthropic", _FUNCTIONS, advice=_DECORATE),
            _otel("anthropic", _FUNCTIONS),
            _openllmetry("anthropic", _FUNCTIONS, advice=_DECORATE),
        ),
        client=True,
    ),
    _unmeasured("litellm", "litellm", "litellm"),
    _unmeasured("google-genai", "google-genai", "google.genai", "google-generativeai"),
    _unmeasured("mistralai", "mistralai", "mistralai"),
    _unmeasured("groq", "groq", "groq"),
    _unmeasured("cohere", "cohere", "cohere"),
    _unmeasured("ollama", "ollama", "ollama"),
    _unmeasured("bedrock", "boto3", "boto3"),
)
"""Agent frameworks before clients, because what records those decides about these."""
