"""`ask`: a person decides, and the call is made only if they agree."""

import whyspan
from whyspan.rule_guard import Consent, Request

LARGE_REFUNDS = {
    "id": "large-refunds",
    "kind": "absence",
    "a": "e.args.amount > 100",
    "scope": {"tool": "refund", "on": ["call"]},
    "action": {"guard": "ask"},
    "message": "Refunds over 100 need somebody's consent.",
}


def supervisor(request: Request) -> Consent:
    """Agrees to anything up to 500; a real one would be asked in a chat or on a page."""
    agrees = bool(request.arguments["amount"] <= 500)
    print(f"asked: {request.what} {request.arguments} -> {'yes' if agrees else 'no'}")
    return Consent(agrees, by="Ada", because="within my limit" if agrees else "more than I may allow")


@whyspan.tool(effect="irreversible")
def refund(order: str, amount: float) -> str:
    """Pays money back."""
    return f"refunded {amount:.2f} for {order}"


if __name__ == "__main__":
    with whyspan.guard(rules=[LARGE_REFUNDS], ask=supervisor):
        for amount in (40.0, 400.0, 4000.0):
            try:
                print(refund("o-17", amount))
            except whyspan.GuardBlocked as blocked:
                print(blocked)
