"""The scripted agents: each a world with tools and state, a policy, and a check of what the world looks like afterwards."""

from benchmarks.faults.agents import analytics, incident, rag, refunds, research, stock, support, travel
from benchmarks.faults.agents.agent import Agent

AGENTS: tuple[Agent, ...] = tuple(
    module.AGENT for module in (analytics, incident, rag, refunds, research, stock, support, travel)
)
