"""The scripted agents: each a world with tools and state, a policy, and a check of what the world looks like afterwards."""

from benchmarks.faults.agents import rag, refunds, travel
from benchmarks.faults.agents.agent import Agent

AGENTS: tuple[Agent, ...] = (refunds.AGENT, rag.AGENT, travel.AGENT)
