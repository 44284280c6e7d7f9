"""A change of a record that the answer describes by what is true of another one."""

from typing import Any

COPIES = [{"copy_id": 501, "title": "Dune", "language": "de"}, {"copy_id": 502, "title": "Dune", "language": "en"}]


def _reserved(script: Any, copy: int, answer: str) -> Any:
    run = script("Please reserve the English edition of Dune.", ["find_book", "reserve"])
    run.turn("find_book", {"title": "Dune"}, COPIES)
    run.turn("reserve", {"copy_id": copy}, {"copy_id": copy, "status": "reserved"})
    run.answer(answer)
    return run


def test_the_german_copy_called_the_english_one_is_found(script: Any) -> None:
    """And the run, which says nothing of how it ended, is seen to have failed."""
    run = _reserved(script, 501, "I reserved copy 501, the English edition.")
    [finding] = run.findings("other_than_asked")
    assert "`reserve` was called for 501, whose language is de" in finding.message
    assert run.diagnose().outcome.status == "failed"


def test_the_right_copy_and_an_admitted_substitute_are_fine(script: Any) -> None:
    """What is said of a record is true of it, or the sentence tells the two apart."""
    for copy, answer in (
        (502, "I reserved copy 502, the English edition."),
        (501, "502, the English one, was out; I reserved 501."),
    ):
        run = _reserved(script, copy, answer)
        assert not run.findings("other_than_asked")
        assert run.diagnose().outcome.status == "ok"
