"""LangGraph: a graph of two nodes that answers a question about a parcel; one tool is down, another one helps out."""

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from scripted_model import MODEL, Answer, Call, scripted_model

import whyspan

whyspan.configure(service="parcels")
whyspan.instrument()

TASK = "Where is parcel P-5518, and will it be in Graz before Friday, 6 March 2026?"
INSTRUCTIONS = "You answer questions about parcels. Say only what a tool told you."
SCRIPT = (
    Answer("The live position answers both questions at once.", calls=[Call("live_position", {"parcel": "P-5518"})]),
    Answer(
        "live_position timed out. The scans are older but will do: the last one says where it is.",
        calls=[Call("list_scans", {"parcel": "P-5518"}), Call("transit_days", {"origin": "Linz", "target": "Graz"})],
    ),
    Answer(
        "Scanned in Linz on 3 March, one day from there to Graz: 4 March, a Wednesday.",
        says="P-5518 was scanned in Linz on 2026-03-03. It should be in Graz on 2026-03-04, before Friday.",
    ),
)


@tool
def live_position(parcel: str) -> dict[str, str]:
    """Where a parcel is at this moment."""
    raise TimeoutError(f"the telematics of the vehicle with {parcel} did not answer within 5 s")


@tool
def list_scans(parcel: str) -> list[dict[str, str]]:
    """Where a parcel was scanned, latest first."""
    return [
        {"parcel": parcel, "place": "Linz", "on": "2026-03-03"},
        {"parcel": parcel, "place": "Wien", "on": "2026-03-02"},
    ]


@tool
def transit_days(origin: str, target: str) -> dict[str, object]:
    """How many days a parcel takes from one city to another."""
    return {"origin": origin, "target": target, "days": 1, "earliest": "2026-03-04"}


def main() -> None:
    """Builds the graph and asks it."""
    tools = [live_position, list_scans, transit_days]
    with scripted_model(*SCRIPT) as url:
        # Over /responses the model's reasoning reaches the trace; LangChain drops it over /chat/completions.
        model = ChatOpenAI(model=MODEL, base_url=url, api_key="none", use_responses_api=True).bind_tools(tools)
        graph = StateGraph(MessagesState)
        graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
        graph.add_node("tools", ToolNode(tools, handle_tool_errors=True))
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", tools_condition)
        graph.add_edge("tools", "model")
        agent = graph.compile(name="parcels")
        state = agent.invoke({"messages": [SystemMessage(INSTRUCTIONS), HumanMessage(TASK)]})
    print(state["messages"][-1].text)


if __name__ == "__main__":
    main()
