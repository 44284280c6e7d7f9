"""Figures from tables: filter, read page by page, convert, add up, report."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session

REGIONS = ["north", "south", "east", "west"]
PAGE = 6


class Tables:
    """Sales in several currencies, with rows that do not count."""

    def __init__(self, rng: Random) -> None:
        self.region, self.other = rng.sample(REGIONS, 2)
        self.rates = {"EUR": 1.0, "USD": round(rng.uniform(0.82, 0.96), 4), "CHF": round(rng.uniform(1.01, 1.09), 4)}
        self.rows: list[dict[str, Any]] = [
            {"sale": f"s-{rng.randint(1000, 9999)}", "region": region, "status": rng.choice(["paid", "paid", "paid", "cancelled"]), "amount": round(rng.uniform(20, 900), 2), "currency": rng.choice(sorted(self.rates)), "items": rng.randint(1, 30)}
            for region in (self.region, self.other) for _ in range(rng.randint(9, 17))
        ]  # fmt: skip
        self.reports: list[tuple[str, float]] = []
        self.wanted = {each: self._paid(each) for each in (self.region, self.other)}
        self.task = f"What were paid sales in the {self.region} and the {self.other}, in EUR? Report both and say by how much they differ. Cancelled sales do not count."
        self.constraints = ["only paid sales", "everything in EUR", "report both regions"]

    def _paid(self, region: str) -> float:
        sums: dict[str, float] = {}
        for row in self.rows:
            if row["region"] == region and row["status"] == "paid":
                sums[row["currency"]] = sums.get(row["currency"], 0.0) + row["amount"]
        return float(round(sum(round(total, 2) * self.rates[currency] for currency, total in sums.items()), 2))

    @tool("pure-read")
    def describe_table(self, table: str) -> dict[str, Any]:
        """Columns of a table and how many rows it has."""
        if table != "sales":
            raise LookupError(f"no table {table}")
        return {
            "table": table,
            "columns": ["sale", "region", "status", "amount", "currency", "items"],
            "rows": len(self.rows),
        }

    @tool("pure-read")
    def query_sales(self, region: str, currency: str, page: int, status: str = "") -> dict[str, Any]:
        """Sales of a region in a currency, six to a page, of one status or all."""
        rows = [
            each
            for each in self.rows
            if each["region"] == region and each["currency"] == currency and status in ("", each["status"])
        ]
        more = page * PAGE < len(rows)
        return {
            "rows": rows[(page - 1) * PAGE : page * PAGE],
            "total_rows": len(rows),
            "next_page": page + 1 if more else None,
        }

    @tool("volatile-read")
    def exchange_rate(self, currency: str) -> dict[str, Any]:
        """EUR for one unit of a currency."""
        return {"currency": currency, "eur": self.rates[currency], "as_of": "2026-03-02"}

    @tool("reversible")
    def save_report(self, region: str, total: float) -> dict[str, Any]:
        """Saves the total of a region, in EUR."""
        self.reports.append((region, total))
        return {"region": region, "total": total, "status": "saved"}


def act(session: Session, tables: Tables) -> None:
    """For each region and currency: read all pages, add up, convert."""
    session.use("describe_table", table="sales")
    rates = {
        each: session.use("exchange_rate", currency=each)["eur"]
        for each in session.order(sorted(tables.rates), "rates")
        if each != "EUR"
    }
    totals = []
    for region in (tables.region, tables.other):
        if not session.gate("go on"):
            break
        parts = []
        for currency in session.order(sorted(tables.rates), "currencies"):
            rows = read_all(session, region, currency)
            amounts = [row["amount"] for row in rows]
            name = f"the {currency} sum of the {region}"
            subtotal = session.derive(
                name,
                float(round(sum(amounts), 2)),
                [float(round(sum(amounts[:-1]), 2)), float(len(amounts)), round(max(amounts, default=0.0), 2)],
            )
            parts.append(subtotal * rates.get(currency, 1.0))
        total = session.derive(
            f"the total of the {region} in EUR",
            float(round(sum(parts), 2)),
            [round(sum(parts[1:]), 2), round(max(parts), 2)],
        )
        session.use("save_report", region=region, total=total)
        totals.append(total)
    gap = session.derive(
        "the difference", float(round(totals[0] - totals[-1], 2)), [float(round(totals[0] + totals[-1], 2)), totals[0]]
    )
    session.answer(
        "{a} sold for {first} EUR, {b} for {last} EUR; that differs by {gap} EUR.",
        a=tables.region,
        first=totals[0],
        b=tables.other,
        last=totals[-1],
        gap=gap,
    )


def read_all(session: Session, region: str, currency: str) -> list[dict[str, Any]]:
    """All pages of the paid sales."""
    rows, page = [], 1
    while True:
        got = session.use("query_sales", must=["status"], region=region, currency=currency, page=page, status="paid")
        rows += got["rows"]
        if not got["next_page"] or not session.gate("page"):
            return rows
        page = got["next_page"]


def check(tables: Tables, answer: str) -> Check:
    """Both totals to the cent, saved and answered, and the difference."""
    gap = tables.wanted[tables.region] - tables.wanted[tables.other]
    ok = tables.reports == list(tables.wanted.items()) and all(
        f"{each:.2f}" in answer for each in (*tables.wanted.values(), gap)
    )
    expected = ", ".join(f"{region} {total:.2f}" for region, total in tables.wanted.items())
    return Check(ok, "the figures match the books", f"expected {expected}; the answer was: {answer}")


AGENT = Agent(
    "analytics",
    "You answer from the tables. Read every page; convert with today's rates; report to the cent.",
    Tables,
    ("describe_table", "query_sales", "exchange_rate", "save_report"),
    act,
    check,
)
