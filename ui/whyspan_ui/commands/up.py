"""`whyspan up`: collector, analysis worker and dashboard on one data folder, until Ctrl-C."""

import argparse
from importlib.util import find_spec
from typing import Final

from whyspan_collector.service import NO_GRPC, running_collector
from whyspan_ui import terminal
from whyspan_ui.commands import access, processes
from whyspan_ui.errors import UsageError
from whyspan_ui.supervisor import Supervisor, free_port, is_free

EXAMPLES: Final = (
    "whyspan up",
    "whyspan up --data /var/lib/whyspan --port 4418 --ui-port 8600",
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 python my_agent.py",
    "WHYSPAN_DASHBOARD_HOST=0.0.0.0 WHYSPAN_DASHBOARD_OIDC=sso.toml whyspan up   # people sign in: docs/dashboard.md",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen."""
    parser.add_argument(
        "--port", metavar="N", type=int, default=4318, help="port for OTLP/HTTP, 0 for a free one (default: 4318)"
    )
    parser.add_argument(
        "--grpc-port", metavar="N", type=int, default=4317, help="port for OTLP/gRPC, 0 for a free one (default: 4317)"
    )
    parser.add_argument(
        "--ui-port", metavar="N", type=int, default=8501, help="port of the dashboard, 0 for a free one (default: 8501)"
    )
    access.add_data(parser)


def run(options: argparse.Namespace) -> int:
    """Runs everything until Ctrl-C."""
    settings = access.config(options)
    folder = settings.data
    if url := running_collector(folder):
        raise UsageError(
            f"a collector already serves {folder.absolute()} at {url}; stop it first, or use another --data"
        )
    ports = {
        "port": listenable(options.port, "--port"),
        "grpc_port": listenable(options.grpc_port, "--grpc-port"),
    }
    settings = settings.model_copy(update=ports)
    ui_port = listenable(options.ui_port, "--ui-port")
    dashboard = f"http://127.0.0.1:{ui_port}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    programs = processes.programs(settings, ui_port)
    try:
        with Supervisor(programs, folder / "logs", terminal.err.print) as supervisor:
            supervisor.wait_until_ready("collector")
            terminal.out.print(
                f"collector   {settings.url}  (OTEL_EXPORTER_OTLP_ENDPOINT; protobuf or JSON over HTTP)",
                soft_wrap=True,
            )
            over_grpc = f"{settings.url_at(settings.grpc_port)}  (the same over gRPC)" if find_spec("grpc") else NO_GRPC
            terminal.out.print(terminal.text(f"gRPC        {over_grpc}"), soft_wrap=True)
            supervisor.wait_until_ready("dashboard")
            with processes.announced(folder, dashboard):
                terminal.out.print(f"dashboard   {dashboard}", soft_wrap=True)
                terminal.out.print(
                    terminal.text(f"data        {folder.absolute()}  (what the processes print: logs/)"), soft_wrap=True
                )
                terminal.out.print("Ctrl-C stops everything.")
                supervisor.watch()
    except KeyboardInterrupt:
        terminal.err.print("stopped")
    return 0


def listenable(port: int, option: str) -> int:
    """The port to listen on: a free one for 0. Raises UsageError when it is taken."""
    if port == 0:
        return free_port()
    if not is_free(port):
        raise UsageError(
            f"port {port} is taken by another program; stop it, or choose another with {option} (0 takes a free one)"
        )
    return port
