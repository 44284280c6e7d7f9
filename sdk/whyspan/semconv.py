"""The attribute names Whyspan writes and reads.

OpenTelemetry GenAI names (`gen_ai.*`, `error.*`) are used wherever they exist; everything else is ours and
lives under `whyspan.*`, because `decision.*` belongs to OpenInference and `gen_ai.*` to OpenTelemetry.
Names follow https://github.com/open-telemetry/semantic-conventions-genai as of November 2026.
"""

from enum import StrEnum
from typing import Final, Literal, TypeAlias


class Kind(StrEnum):
    """What a span stands for in an agent's run: the canonical span kind of Whyspan.

    Example:
        >>> Kind("tool") is Kind.TOOL
        True
    """

    AGENT = "agent"
    """One invocation of an agent; the root of a run or a sub-agent."""
    MODEL_CALL = "model_call"
    """One request to a model and its answer."""
    TOOL = "tool"
    """One execution of a tool or function on the agent's behalf."""
    RETRIEVAL = "retrieval"
    """A search over documents or memory, re-ranking included."""
    EMBEDDING = "embedding"
    """One request for embeddings."""
    DECISION = "decision"
    """A point where the agent chose between options and said so."""
    HANDOFF = "handoff"
    """One agent passing work to another."""
    GUARD = "guard"
    """A check that may stop or change an action."""
    EVALUATION = "evaluation"
    """A check, test or score of what was done."""
    STEP = "step"
    """A chain, task, graph node or workflow: structure without a decision of its own."""
    OTHER = "other"
    """A span with nothing about agents on it (HTTP, database, messaging)."""


class Effect(StrEnum):
    """What a tool does to the world outside the run, and whether that can be taken back.

    Example:
        >>> Effect.PURE_READ == "pure-read"
        True
    """

    PURE_READ = "pure-read"
    """Reads something that does not change: the same arguments give the same result."""
    VOLATILE_READ = "volatile-read"
    """Reads something that may change between two calls."""
    REVERSIBLE = "reversible"
    """Changes something that another call can change back."""
    IRREVERSIBLE = "irreversible"
    """Changes something for good: money sent, a record destroyed."""
    EXTERNAL = "external"
    """Reaches people or systems outside: an e-mail, a message, a post."""


class Verdict(StrEnum):
    """What a guard made of an action.

    Example:
        >>> [verdict.value for verdict in Verdict]
        ['pass', 'change', 'block']
    """

    PASS = "pass"  # noqa: S105 - not a password
    """It may go on as it is."""
    CHANGE = "change"
    """It goes on, changed."""
    BLOCK = "block"
    """It does not happen."""


VerdictName: TypeAlias = Verdict | Literal["pass", "change", "block"]
"""A verdict as a program may write it."""

EffectName: TypeAlias = Effect | Literal["pure-read", "volatile-read", "reversible", "irreversible", "external"]
"""An effect as a program may write it."""

# --- ours -----------------------------------------------------------------------------------------------------

KIND: Final = "whyspan.kind"
"""A `Kind`, on every span Whyspan's SDK starts."""

RUN_ID: Final = "whyspan.run.id"
"""The agent's own id for its run. Spans of several traces that carry the same one are one run."""
RUN_TASK: Final = "whyspan.run.task"
"""What the agent was asked to do, as text."""
RUN_CONSTRAINTS: Final = "whyspan.run.constraints"
"""What the agent must or must not do, one string each."""
RUN_FINGERPRINT: Final = "whyspan.run.fingerprint"
"""16 hex digits, the same for runs with the same versions; see `RUN_VERSIONS`."""
RUN_VERSIONS: Final = "whyspan.run.versions"
"""JSON object: what the run was made of, name to version: agent, prompts, tools, models."""
RUN_BUDGET: Final = "whyspan.run.budget"
"""JSON object: what the run may use up, unit to amount, such as `{"usd": 0.5, "model_calls": 20}`."""
RUN_TAGS: Final = "whyspan.run.tags"
"""The program's own labels, one string each."""

DECISION_QUESTION: Final = "whyspan.decision.question"
"""What was to be decided, as a question."""
DECISION_OPTIONS: Final = "whyspan.decision.options"
"""JSON list of `{"label", "score"?, "why_not"?}`, in the order the agent gave them."""
DECISION_CHOICE: Final = "whyspan.decision.choice"
"""The label of the chosen option."""
DECISION_RATIONALE: Final = "whyspan.decision.rationale"
"""Why, in the agent's words."""
DECISION_CONFIDENCE: Final = "whyspan.decision.confidence"
"""The agent's own confidence in the choice, 0 to 1."""
DECISION_EVIDENCE: Final = "whyspan.decision.evidence"
"""JSON list of `{"kind", "ref"?, "quote"?}`: what the choice rested on."""
DECISION_REVERSIBILITY: Final = "whyspan.decision.reversibility"
"""An `Effect`: whether what follows from the choice can be undone."""
DECISION_CONSTRAINTS: Final = "whyspan.decision.constraints"
"""The constraints in force when it was decided, one string each."""
DECISION_AFTERWARDS: Final = "whyspan.decision.afterwards"
"""`options`, `rationale`: the parts that were given when the choice had already been made."""

TOOL_EFFECT: Final = "whyspan.tool.effect"
"""An `Effect`, declared by the author of the tool."""

TOOL_IDEMPOTENCY_KEY: Final = "whyspan.tool.idempotency_key"
"""Two executions with the same key are one action, so that the second has no effect."""
TOOL_SCHEMA: Final = "whyspan.tool.schema"
"""JSON Schema of the tool's arguments, as text."""

RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
"""JSON list of `{"id"?, "score"?, "content"?, ...}`, best first."""

STATE_KEY: Final = "whyspan.state.key"
"""What was read or written in the agent's state."""
STATE_ACCESS: Final = "whyspan.state.access"
"""`read` or `write`."""
STATE_VERSION: Final = "whyspan.state.version"
"""Which version of the value, in the store's own words."""
STATE_VALUE: Final = "whyspan.state.value"
"""JSON: the value."""
STATE_EVENT: Final = "whyspan.state"
"""Name of the span event of one access."""

HUMAN_QUESTION: Final = "whyspan.human.question"
"""What a person was asked."""
HUMAN_NAME: Final = "whyspan.human.name"
"""Who was asked, by name or role; of a guard whose rule asks for consent, who answered."""

GUARD_NAME: Final = "whyspan.guard.name"
"""Which guard looked."""
GUARD_VERDICT: Final = "whyspan.guard.verdict"
"""A `Verdict`."""
GUARD_REASON: Final = "whyspan.guard.reason"
"""Why, in words."""
GUARD_ACTION: Final = "whyspan.guard.action"
"""What the broken rule asks for: `allow`, `warn`, `ask`, `block`, `dry_run`; `shadow` where it is only reported."""
GUARD_CHECKED: Final = "whyspan.guard.checked"
"""JSON: what it looked at."""

PROMPT_NAME: Final = "gen_ai.prompt.name"
"""Name of the template the request was made from."""
PROMPT_VERSION: Final = "whyspan.prompt.version"
"""Version of the template."""
PROMPT_VARIABLES: Final = "whyspan.prompt.variables"
"""JSON object: what was put into the template."""

VOLATILE_EVENT: Final = "whyspan.volatile"
"""Name of the span event that keeps a value no replay could compute again: a time, a random number, an id."""
VOLATILE_NAME: Final = "whyspan.volatile.name"
"""What it is."""
VOLATILE_VALUE: Final = "whyspan.volatile.value"
"""JSON: the value."""

FEEDBACK_RUN: Final = "whyspan.feedback.run"
"""The `whyspan.run.id` the feedback is about."""
FEEDBACK_SOURCE: Final = "whyspan.feedback.source"
"""Who gave it: a user, a reviewer, an evaluation."""
FEEDBACK_SCORE: Final = "whyspan.feedback.score"
"""Higher is better; the scale is the source's."""
FEEDBACK_COMMENT: Final = "whyspan.feedback.comment"
"""In words."""

OPERATION_KEY: Final = "whyspan.operation.key"
"""16 hex digits, the same for operations with the same kind, name and input; equal ones of a run differ by their order."""
REDACTED: Final = "whyspan.redacted"
"""How many secrets were masked in this span."""
CHAIN: Final = "whyspan.chain"
"""`<segment>-<number>-<hash>`: the span's entry in the chain of its trace; see `whyspan.chain`."""

HANDOFF_TARGET: Final = "whyspan.handoff.target"
"""Name of the agent the work goes to; the agent it comes from is the span's `gen_ai.agent.name`."""
HANDOFF_PAYLOAD: Final = "whyspan.handoff.payload"
"""JSON: what was handed over, and therefore all the next agent knows."""

REQUEST_PARAMETERS: Final = "whyspan.request.parameters"
"""JSON object: the parameters of a model call that OpenTelemetry has no name for (see `REQUEST_PARAMETER_NAMES`)."""

OUTCOME_EVENT: Final = "whyspan.outcome"
"""Name of the span event that says how the run ended; one event per check."""
OUTCOME_OK: Final = "whyspan.outcome.ok"
"""True when the check held."""
OUTCOME_CHECK: Final = "whyspan.outcome.check"
"""The check in words."""
OUTCOME_DETAIL: Final = "whyspan.outcome.detail"
"""What was expected and what was found, in words."""

LOST_PREFIX: Final = "whyspan.lost."
"""On the resource, and only where it is not 0: `whyspan.lost.<reason>`, the spans the process has lost so far."""

# --- OpenTelemetry GenAI, as far as we write it ---------------------------------------------------------------

OPERATION_NAME: Final = "gen_ai.operation.name"
OPERATION_CHAT: Final = "chat"
OPERATION_INVOKE_AGENT: Final = "invoke_agent"
OPERATION_EXECUTE_TOOL: Final = "execute_tool"
OPERATION_RETRIEVAL: Final = "retrieval"
DATA_SOURCE: Final = "gen_ai.data_source.id"
OPERATION_HANDOFF: Final = "handoff"
"""Not an OpenTelemetry operation yet (their pull requests 98 and 447 are open); the list is an open one."""
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_VERSION: Final = "gen_ai.agent.version"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
PROVIDER_NAME: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_PARAMETER_NAMES: Final = frozenset(
    {"frequency_penalty", "max_tokens", "presence_penalty", "seed", "stop_sequences", "temperature", "top_k", "top_p"}
)
"""Parameters of a request that OpenTelemetry names: `gen_ai.request.<name>`."""
REQUEST_PREFIX: Final = "gen_ai.request."
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
"""Seconds from the request to the first piece of the answer."""
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
ERROR_TYPE: Final = "error.type"
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
USER_ID: Final = "user.id"
SERVICE_NAME: Final = "service.name"
ENVIRONMENT: Final = "deployment.environment.name"
