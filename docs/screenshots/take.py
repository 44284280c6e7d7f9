"""Takes the screenshots in this folder from a running demo: `python docs/screenshots/take.py` (needs chromium)."""

import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 1440, 900
WHYSPAN = (sys.executable, "-m", "whyspan_ui.cli")
PAGES = ("investigate", "runs", "compare", "failures", "cost", "rules", "reports", "health")
RULED = ("5928d34c0d67", "8530805ddd1f")
"""The sample runs that rules are made from: one repeats a search, one calls a tool it was not offered."""


def main() -> None:
    """Start the demo, put a rule in force, photograph every page in light and dark, stop it."""
    with tempfile.TemporaryDirectory() as folder:
        _take(folder)


def _take(data: str) -> None:
    demo = subprocess.Popen([*WHYSPAN, "demo", "--data", data], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        address = _address(demo)
        _rule(data)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
                for name in PAGES:
                    _shoot(page, address, name, FOLDER / f"{name}-{scheme}.png")
            browser.close()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)


def _address(demo: "subprocess.Popen[str]") -> str:
    assert demo.stdout is not None
    for line in demo.stdout:
        if match := re.fullmatch(r"(http://127\.0\.0\.1:\d+/\S*)\s*", line):
            return match[1]
    raise SystemExit("the demo ended without an address")


def _rule(data: str) -> None:
    """Proposes rules from two of the samples and puts the first in force."""
    proposed = "".join(_said("rules", "propose", run, "--data", data) for run in RULED)
    rule = re.search(r"(?m)^repeated-call-[0-9a-f]+", proposed)
    if rule is None:
        raise SystemExit("no rule was proposed against the run that repeats itself")
    _said("rules", "activate", rule[0], "--by", "ada", "--data", data)


def _said(*command: str) -> str:
    return subprocess.run([*WHYSPAN, *command], stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 - our own command


def _shoot(page: Page, address: str, name: str, path: Path) -> None:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    target = {"investigate": address, "runs": f"{origin}/"}.get(name, f"{origin}/{name}")
    page.goto(target)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(6000)  # charts come last
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
