"""Questions answered from documents: search, weigh sources that contradict each other, open, reckon, cite."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session

PRODUCTS = ["Basic", "Team", "Business", "Campus", "Studio"]
TOPICS = ["monthly fee", "set-up fee", "support fee", "storage fee", "training fee"]


class Library:
    """Price lists: for every topic a current one and an older one that says something else."""

    def __init__(self, rng: Random) -> None:
        self.product = rng.choice(PRODUCTS)
        self.topics = rng.sample(TOPICS, rng.randint(3, 5))
        self.documents: dict[str, dict[str, Any]] = {}
        self.current: dict[str, str] = {}
        for topic in self.topics:
            for year in rng.sample([2024, 2026], 2):
                doc = f"doc-{rng.randint(100, 999)}{len(self.documents)}"
                fee = round(rng.uniform(12, 950), 2)
                self.documents[doc] = {
                    "doc": doc,
                    "title": f"{topic} {year}",
                    "year": year,
                    "fee": fee,
                    "product": self.product,
                    "pages": rng.randint(2, 60),
                }
                if year == 2026:
                    self.current[topic] = doc
        self.users = rng.randint(11, 80)
        self.wanted = round(sum(self.documents[doc]["fee"] for doc in self.current.values()), 2)
        self.task = (
            f"What do the {', the '.join(self.topics)} of the {self.product} plan come to in 2026? Cite the documents."
        )

    constraints = ("use the price lists of 2026", "cite every document used")

    @tool("pure-read")
    def search(self, query: str, product: str = "", limit: int = 10) -> dict[str, Any]:
        """Documents for a query, best first."""
        hits = [each for each in self.documents.values() if each["title"].rsplit(" ", 1)[0] in query]
        shown = [
            {"doc": each["doc"], "title": each["title"], "year": each["year"], "score": round(0.9 - 0.07 * i, 2)}
            for i, each in enumerate(hits)
        ]
        return {"query": query, "hits": shown[:limit]}

    @tool("volatile-read")
    def open_document(self, doc: str) -> dict[str, Any]:
        """The fee a document states, in EUR, and what it says around it."""
        if doc not in self.documents:
            raise LookupError(f"no document {doc}")
        found = self.documents[doc]
        return {
            **found,
            "text": f"From {found['year']} on the {found['title']} of {self.product} is {found['fee']:.2f} EUR a year.",
        }


def act(session: Session, library: Library) -> None:
    """One search, one weighing of sources and one reading for each topic; then the sum."""
    fees, cited = [], []
    for topic in session.order(library.topics, "topics"):
        if not session.gate("go on"):
            break
        hits = session.use("search", query=f"{topic} {library.product}", product=library.product)["hits"]
        if not hits:
            hits = session.use("search", query=topic)["hits"]
        newest = max(hits, key=lambda hit: hit["year"])
        source = session.choose(
            f"Which source for the {topic}?", hits, newest, f"it is from {newest['year']}", ["sources"]
        )
        read = session.use("open_document", doc=source["doc"])
        fees.append(session.derive(f"the {topic}", read["fee"]))
        cited.append(source["doc"])
        if session.rng.random() < 0.3:
            session.use("search", query=f"discounts {library.product}", limit=3)
    total = session.derive(
        "the sum",
        float(round(sum(fees), 2)),
        [round(sum(fees[:-1]), 2), round(max(fees), 2), round(sum(fees) / len(fees), 2)],
    )
    session.answer(
        "In 2026 it comes to {total} EUR a year (sources: {sources}).", total=total, sources=", ".join(cited)
    )


def check(library: Library, answer: str) -> Check:
    """The sum is right and every current document is cited."""
    cited = all(doc in answer for doc in library.current.values())
    detail = f"expected {library.wanted:.2f} from {', '.join(library.current.values())}; the answer was: {answer}"
    return Check(f" {library.wanted:.2f} " in answer and cited, "the answer matches the reference", detail)


AGENT = Agent(
    "rag",
    "You answer from documents only. Prefer the newest source where sources contradict each other.",
    Library,
    ("search", "open_document"),
    act,
    check,
)
