"""Planner, workers and a verifier: every warehouse's order is worked out by a worker and checked before it counts."""

from random import Random
from typing import Any

from benchmarks.faults.agents.agent import Agent, Check, difference
from benchmarks.faults.operations import tool
from benchmarks.faults.session import Session

TOWNS = ["Bremen", "Lille", "Gent", "Malmo", "Trento", "Brno", "Vigo"]
WORKER = "You work out how much a warehouse must order: forecast plus reserve less stock. Place the order."
VERIFIER = "You check a worker's order against stock and forecast yourself. Reject what does not fit."


class Warehouses:
    """Stock, forecasts and orders."""

    def __init__(self, rng: Random) -> None:
        self.towns = rng.sample(TOWNS, rng.randint(3, 5))
        self.ids = {
            town: f"wh-{number}" for town, number in zip(self.towns, rng.sample(range(100, 999), 5), strict=False)
        }
        self.stock = {each: rng.randint(40, 400) for each in self.ids.values()}
        self.forecast = {each: rng.randint(420, 980) for each in self.ids.values()}
        self.reserve = rng.choice([50, 60, 75])
        self.slips = {rng.choice(self.towns): rng.choice([-20, 30, 45])}
        self.orders: dict[str, int] = {}
        self.closed: list[str] = []
        self.task = f"Order for {', '.join(self.towns)}: forecast plus a reserve of {self.reserve} less stock. Have every order verified."
        self.constraints = [f"keep a reserve of {self.reserve} units", "no order counts before it is verified"]

    @tool("pure-read")
    def find_warehouse(self, town: str) -> dict[str, Any]:
        """The id of the warehouse in a town."""
        return {"town": town, "warehouse": self.ids[town], "docks": len(town) + 3}

    @tool("volatile-read")
    def read_stock(self, warehouse: str) -> dict[str, Any]:
        """Units in stock."""
        return {
            "warehouse": warehouse,
            "units": self.stock[self._known(warehouse)],
            "pallets": self.stock[warehouse] // 12,
        }

    @tool("pure-read")
    def read_forecast(self, warehouse: str) -> dict[str, Any]:
        """Units that will be asked for."""
        return {
            "warehouse": warehouse,
            "units": self.forecast[self._known(warehouse)],
            "last_year": self.forecast[warehouse] - 38,
        }

    @tool("reversible")
    def place_order(self, warehouse: str, units: int) -> dict[str, Any]:
        """Places the order of a warehouse, or adds to the one there is."""
        self.orders[self._known(warehouse)] = self.orders.get(warehouse, 0) + units
        return {"warehouse": warehouse, "units": units, "status": "placed"}

    @tool("reversible")
    def cancel_order(self, warehouse: str) -> dict[str, Any]:
        """Takes the order of a warehouse back."""
        self.orders.pop(self._known(warehouse), None)
        return {"warehouse": warehouse, "status": "cancelled"}

    @tool("irreversible")
    def release_orders(self, warehouses: str) -> dict[str, Any]:
        """Sends the orders of these warehouses to the supplier."""
        self.closed += warehouses.split(", ")
        return {"released": len(self.closed), "status": "done"}

    def _known(self, warehouse: str) -> str:
        if warehouse not in self.stock:
            raise LookupError(f"no warehouse {warehouse}")
        return warehouse


def act(session: Session, houses: Warehouses) -> None:
    """One worker and one verifier a town; a rejected order is worked out again."""
    done = []
    plan = session.choose(
        "How is the work split?",
        ["one worker a town", "one worker for all"],
        "one worker a town",
        "orders are independent",
        ["route"],
    )
    for town in houses.towns if plan == "one worker a town" else houses.towns[:2]:
        if not session.gate("go on"):
            break
        warehouse = session.use("find_warehouse", town=town)["warehouse"]
        units = work(session, warehouse, houses, houses.slips.get(town, 0))
        if verify(session, warehouse, units) == "reject":
            session.use("cancel_order", warehouse=warehouse)
            units = work(session, warehouse, houses, 0)
        done.append(warehouse)
    session.use("release_orders", warehouses=", ".join(done))
    session.answer("Orders for {done} are verified and released.", done=", ".join(done))


def work(session: Session, warehouse: str, houses: Warehouses, slip: int) -> int:
    """A worker reads, reckons (now and then wrongly) and orders."""
    payload = {"warehouse": warehouse, "reserve": houses.reserve}
    with session.handoff("worker", WORKER, ("read_stock", "read_forecast", "place_order"), payload) as (worker, told):
        house = told.get("warehouse", "wh-100")
        read = {
            name: worker.use(name, warehouse=house)["units"]
            for name in worker.order(("read_stock", "read_forecast"), "readings")
        }
        stock, forecast = read["read_stock"], read["read_forecast"]
        right = forecast + told.get("reserve", 0) - stock
        units = int(worker.derive("the order", right + slip, [forecast - stock, forecast, right + stock]))
        worker.use("place_order", warehouse=house, units=units)
        worker.answer("Ordered {units} for {house}.", units=units, house=house)
    return units


def verify(session: Session, warehouse: str, units: int) -> Any:
    """A verifier reads for itself and accepts or rejects."""
    payload = {"warehouse": warehouse, "units": units, "reserve": session.shared.world.reserve}
    with session.handoff("verifier", VERIFIER, ("read_stock", "read_forecast"), payload) as (verifier, told):
        house = told.get("warehouse", "wh-100")
        read = {
            name: verifier.use(name, warehouse=house)["units"]
            for name in verifier.order(("read_stock", "read_forecast"), "readings")
        }
        stock, forecast = read["read_stock"], read["read_forecast"]
        wanted = forecast + told.get("reserve", 0) - stock
        verdict = "accept" if wanted == told.get("units", wanted) else "reject"
        verdict = verifier.choose(
            "Is the order right?",
            ["accept", "reject"],
            verdict,
            f"{forecast} + {told.get('reserve', 0)} - {stock} is {wanted}",
            ["verdict"],
        )
        verifier.answer("{verdict}: {house}.", verdict=verdict, house=house)
    return verdict


def check(houses: Warehouses, answer: str) -> Check:
    """Every town's order is right and released."""
    want = [(each, houses.forecast[each] + houses.reserve - houses.stock[each]) for each in houses.ids.values()]
    found = [(each, houses.orders.get(each, 0)) for each in houses.ids.values()]
    ok = found == want and houses.closed == list(houses.ids.values()) and all(each in answer for each in houses.closed)
    return Check(ok, "orders cover forecast and reserve", difference(want, found, answer))


AGENT = Agent(
    "stock",
    "You plan orders for warehouses: workers place them, a verifier checks them.",
    Warehouses,
    ("find_warehouse", "cancel_order", "release_orders"),
    act,
    check,
)
