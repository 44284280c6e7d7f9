"""Takes the screenshots in this folder from a running demo: `python docs/screenshots/take.py` (needs chromium)."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 1440, 900
PAGES = ("investigate", "runs", "compare", "failures", "cost", "rules", "reports", "health")


def main() -> None:
    """Start the demo, photograph every page in light and dark, stop it."""
    demo = subprocess.Popen([sys.executable, "-m", "whyspan_ui.cli", "demo"], stdout=subprocess.PIPE, text=True)
    try:
        address = _address(demo)
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


def _shoot(page: Page, address: str, name: str, path: Path) -> None:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    target = {"investigate": address, "runs": f"{origin}/"}.get(name, f"{origin}/{name}")
    page.goto(target)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(6000)  # charts come last
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
