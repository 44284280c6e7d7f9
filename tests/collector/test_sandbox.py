"""SQL of the user's own: answers what is asked, changes nothing, reaches nothing, and ends."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from whyspan_collector.errors import QueryError
from whyspan_collector.sandbox import Bounds, ask, select


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one table of three rows, beside a file with a secret."""
    folder = tmp_path_factory.mktemp("database")
    (folder / "secret.csv").write_text("password\nhunter2\n")
    with closing(duckdb.connect(folder / "some.duckdb")) as made:
        made.execute("CREATE TABLE runs AS SELECT range AS number, 'x' AS name FROM range(3)")
    return folder / "some.duckdb"


def test_a_question_is_answered(database: Path) -> None:
    """Rows come as they are; what is beyond the limit is left out, and said."""
    answer, is_cut = ask(database, "SELECT sum(number) AS total FROM runs;", Bounds())
    assert (answer.to_pylist(), is_cut) == ([{"total": 3}], False)
    answer, is_cut = ask(database, "FROM runs ORDER BY number", Bounds(rows=2))
    assert (answer["number"].to_pylist(), is_cut) == ([0, 1], True)
    with pytest.raises(QueryError, match="one SELECT"):
        ask(database, "DROP TABLE runs", Bounds())


@pytest.mark.parametrize(
    "question",
    [
        "",
        "SELEC 1",
        "SELECT nothing FROM runs",
        "SELECT 1; SELECT 2",
        "DELETE FROM runs",
        "CREATE TABLE more (a INTEGER)",
        "CREATE TEMP TABLE more (a INTEGER)",
        "DROP TABLE runs",
        "COPY runs TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "ATTACH '{folder}/other.duckdb' AS other",
        "ATTACH ':memory:' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA memory_limit = '10GB'",
        "SET memory_limit = '10GB'",
        "SET enable_external_access = true",
        "CALL pragma_version()",
        "CHECKPOINT",
        "SELECT * FROM query('DROP TABLE runs')",
        "SELECT getenv('HOME')",
    ],
)
def test_what_is_more_than_a_select_is_refused(database: Path, question: str) -> None:
    """Nothing is changed, no file and no address is reached, no setting is touched; the reason is given."""
    with pytest.raises(duckdb.Error) as refused:
        select(database, question.format(folder=database.parent), 1024, 10)
    assert "hunter2" not in str(refused.value)
    assert sorted(path.name for path in database.parent.iterdir()) == ["secret.csv", "some.duckdb"]
    assert select(database, "SELECT count(*) AS n FROM runs", 1024, 10).to_pylist() == [{"n": 3}]


def test_a_question_ends(database: Path) -> None:
    """One that takes too long is stopped."""
    with pytest.raises(QueryError, match="more than 2 seconds"):
        ask(database, "SELECT count(*) FROM range(1000000000000) AS t(a) WHERE a % 7 = 3", Bounds(seconds=2))


@pytest.mark.parametrize(
    "question", ["SELECT repeat('x', 3000000000)", "SELECT list(a) FROM range(1000000000) AS t(a)"]
)
def test_a_question_takes_no_more_memory_than_it_may(database: Path, question: str) -> None:
    """Neither through DuckDB's own accounting nor past it."""
    with pytest.raises(QueryError, match="MiB of memory"):
        ask(database, question, Bounds(memory_mib=256))
