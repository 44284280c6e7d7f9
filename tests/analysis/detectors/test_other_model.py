"""A turn that another model answered."""

from typing import Any


def _run(script: Any, *models: str) -> Any:
    run = script("Look.", ["look"])
    for number, model in enumerate(models):
        run.ask(("look", {"id": number})).request_model = model
        run.execute({"id": number, "found": True})
    return run


def test_the_one_turn_of_another_model_is_found(script: Any) -> None:
    """Four turns of one model, one of a smaller one."""
    run = _run(script, "large", "large", "small", "large", "large")
    [finding] = run.findings("other_model")
    assert "small" in finding.message


def test_agents_that_use_two_models_are_left_alone(script: Any) -> None:
    """Twice each is a habit, and of two turns neither is the odd one."""
    assert not _run(script, "large", "small", "large", "small", "large").findings("other_model")
    assert not _run(script, "large", "small").findings("other_model")
