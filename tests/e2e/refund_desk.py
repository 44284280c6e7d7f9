"""An agent that refunds orders. In a hurry it makes the number up, unless somebody tells it not to; `fixed` never does."""

import whyspan

ORDERS = {"c-2041": "o-90317", "c-2042": "o-55108", "c-2043": "o-61220", "c-2044": "o-70431"}
PAID: list[str] = []


@whyspan.tool(effect="pure-read")
def find_order(customer: str) -> dict[str, str]:
    """The latest order of a customer."""
    return {"customer": customer, "order": ORDERS[customer]}


@whyspan.tool(effect="irreversible")
def refund(order: str) -> str:
    """Pays money back, to whoever ordered."""
    PAID.append(order)
    return f"refunded {order}"


@whyspan.agent("support")
def support(task: str, customer: str, *, careless: bool) -> str:
    """Refunds an order; in a hurry it makes the number up, unless somebody tells it not to."""
    offered = [{"name": "find_order"}, {"name": "refund"}]
    heard = [{"role": "user", "content": task}]
    order = "o-12345" if careless else _looked_up(heard, offered, customer)
    try:
        answer = _asked(heard, offered, order)
    except whyspan.GuardBlocked as blocked:
        heard.append({"role": "user", "content": str(blocked)})
        order = _looked_up(heard, offered, customer)
        answer = _asked(heard, offered, order)
    whyspan.outcome(
        ok=order == ORDERS[customer], check="the customer's own order was refunded", detail=f"refunded {order}"
    )
    return answer


def _looked_up(heard: list[dict[str, str]], offered: list[dict[str, str]], customer: str) -> str:
    _says("find_order", {"customer": customer}, heard, offered)
    return find_order(customer)["order"]


def _asked(heard: list[dict[str, str]], offered: list[dict[str, str]], order: str) -> str:
    _says("refund", {"order": order}, heard, offered)
    return refund(order)


def _says(tool: str, arguments: dict[str, str], heard: list[dict[str, str]], offered: list[dict[str, str]]) -> None:
    call = {"id": f"call-{tool}", "function": {"name": tool, "arguments": arguments}}
    with whyspan.model_call("scripted", messages=heard, tools=offered) as model:
        model.respond({"role": "assistant", "content": "", "tool_calls": [call]}, finish_reason="tool_call")


@whyspan.agent("support")
def fixed(task: str, customer: str, *, careless: bool) -> str:
    """The same agent after somebody has looked at the failure: in a hurry or not, it looks the order up."""
    offered = [{"name": "find_order"}, {"name": "refund"}]
    heard = [{"role": "user", "content": task}]
    return _asked(heard, offered, _looked_up(heard, offered, customer))
