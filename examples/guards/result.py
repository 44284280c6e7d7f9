"""`block` on a result: an exception that would end the program goes to the model, which does something else."""

import whyspan

ERRORS_GO_TO_THE_MODEL = {
    "id": "errors-go-to-the-model",
    "kind": "absence",
    "a": 'e.ok == false && e.error_type != "TimeoutError"',
    "scope": {"on": ["result"]},
    "message": "Do something else, or say what could not be done.",
}


@whyspan.tool(effect="irreversible")
def book(room: str) -> str:
    """Books a room; of rooms that are closed it knows nothing."""
    return {"attic": "booked the attic"}[room]


def model(heard: list[str]) -> str:
    """Stands in for a model: it takes the other room when one cannot be had."""
    return "attic" if "not handed on" in heard[-1] else "cellar"


@whyspan.agent
def desk(task: str) -> str:
    """Books a room."""
    heard = [task]
    for _ in range(3):
        try:
            return book(model(heard))
        except whyspan.GuardBlocked as blocked:  # what the guard says is for the model; a KeyError nobody expects
            print(blocked)
            heard.append(str(blocked))
    return "given up"


if __name__ == "__main__":
    with whyspan.guard(rules=[ERRORS_GO_TO_THE_MODEL]):
        print(desk("A room for Friday, please."))
