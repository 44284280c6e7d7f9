"""Frameworks recorded by the instrumentation packages that are installed, at most one for each, on our provider."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from whyspan.configure import provider
from whyspan.faults import contained, warn_once
from whyspan.frameworks import FRAMEWORKS, THREADS, Framework, Package
from whyspan.values import is_a, shown

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

State: TypeAlias = Literal["on", "already on", "left alone", "not imported", "not installed", "failed"]

_GROUP = "opentelemetry_instrumentor"
_THREADS = "threads"
_PLATFORMS = {"logfire": "Logfire", "langfuse": "Langfuse"}
"""Their top-level modules, as found on the provider or on its processors."""


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What `instrument()` did about one framework, and what to expect of it.

    Example:
        >>> print(Instrumentation("crewai", "on", "openinference-instrumentation-crewai", ("the calls of the model",)))
        crewai: on, by openinference-instrumentation-crewai
            does not capture: the calls of the model
    """

    framework: str
    """`langchain`, `openai-agents`, `openai`, ..."""
    state: State
    package: str | None = None
    """The distribution that records it; the framework's own name where it traces by itself."""
    misses: tuple[str, ...] | None = ()
    """What will not be captured; None where that was not measured."""
    advice: str | None = None
    """What to do, or why nothing was done."""

    def __str__(self) -> str:
        lines = [f"{self.framework}: {self.state}{f', by {self.package}' if self.package else ''}"]
        if self.misses is None:
            lines.append("what it does not capture was not measured")
        elif self.misses:
            lines.append(f"does not capture: {'; '.join(self.misses)}")
        return "\n    ".join([*lines, self.advice] if self.advice else lines)


def instrument(*frameworks: str) -> list[Instrumentation]:
    """Records frameworks with the packages of OpenInference, OpenTelemetry and OpenLLMetry that are installed.

    To be called after the imports of the program: it looks at the frameworks that are imported, or, when none is yet, at
    all that are installed. For each it switches on the package that captures most; none where one is on already, and
    none beside Logfire, Langfuse or Traceloop, which bring their own. A client of models such as `openai` is left alone
    where an agent framework records its calls, because each would be recorded twice. Threads are made to work in the run
    they are started from where `opentelemetry-instrumentation-threading` is installed; else they need `propagate()`.
    Says on stderr what it did and what will not be captured. May be called again.

    Args:
        frameworks: Names of those to record, whatever is imported and whoever else records it: `"openai"`.

    Example:
        >>> configure(service="refunds")
        >>> missed = {each.framework: each.misses for each in instrument()}
    """
    done: list[Instrumentation] = []
    with contained:
        joined = provider()
        if joined is None:
            warn_once("instrument() before configure() does nothing; call configure() first")
            return done
        names = [*(each.name for each in FRAMEWORKS), _THREADS]
        if unknown := sorted({shown(each) for each in frameworks if not is_a(each, str) or each not in names}):
            warn_once(f"instrument() does not know {', '.join(unknown)}; it knows {', '.join(names)}")
        present = [each for each in FRAMEWORKS if _is_installed(each.distribution)]
        if frameworks:
            done += _switch_on([each for each in present if each.name in frameworks], joined, by_name=True)
            absent = [each.name for each in FRAMEWORKS if each.name in frameworks and each not in present]
            done += [
                Instrumentation(name, "not installed", advice="the framework itself is missing") for name in absent
            ]
        elif platform := _platform(joined):
            why = f"{platform} records this process; Whyspan adds decisions, tools and outcomes to its traces"
            done += [Instrumentation(each.name, "left alone", advice=why) for each in present]
        else:
            done += _switch_on(present, joined)
        if not frameworks or _THREADS in frameworks:
            done += _threads(joined, asked=bool(frameworks))
        if sys.stderr is not None:
            sys.stderr.write(_told(done))
    return done


def _threads(joined: "TracerProvider", *, asked: bool) -> list[Instrumentation]:
    state, package, why = _record([THREADS] if THREADS.name in (found := _instrumentors()) else [], found, joined)
    if package is not None:
        return [Instrumentation(_THREADS, state, package.name, package.misses, why or package.advice)]
    return [Instrumentation(_THREADS, state, advice=f"pip install {THREADS.name}")] if asked else []


def _instrumentors() -> dict[str, EntryPoint]:
    return {entry.dist.name.lower().replace("_", "-"): entry for entry in entry_points(group=_GROUP) if entry.dist}


def _told(done: list[Instrumentation]) -> str:
    """The report for people; what the program has not imported is named, for the case that it should have been."""
    lines = [f"whyspan: {each}\n" for each in done if each.state != "not imported"]
    if waiting := [each.framework for each in done if each.state == "not imported"]:
        lines.append(f"whyspan: not imported: {', '.join(waiting)}; call instrument() after imports\n")
    return "".join(lines)


def _switch_on(present: list[Framework], joined: "TracerProvider", *, by_name: bool = False) -> list[Instrumentation]:
    installed = _instrumentors()
    imported = {each.name for each in present if each.module in sys.modules}  # before instrumentations import more
    done: list[Instrumentation] = []
    recorder: str | None = None
    for each in present:
        candidates = [package for package in each.packages if package.built_in or package.name in installed]
        if imported and each.name not in imported and not by_name:
            if candidates and not each.client:
                done.append(Instrumentation(each.name, "not imported", advice="call instrument() after its import"))
        elif each.client and recorder and not by_name:
            why = f"{recorder} records its calls; instrument({each.name!r}) records those you make yourself too"
            done.append(Instrumentation(each.name, "left alone", advice=why))
        else:
            state, package, why_not = _record(candidates, installed, joined)
            if package is not None:
                advice = why_not or package.advice
                done.append(Instrumentation(each.name, state, package.name, package.misses, advice))
                if not each.client and state != "failed" and package.records_model_calls:
                    recorder = recorder or each.name
            elif each.packages[0].misses is not None:  # what nobody measured is not for us to recommend
                done.append(Instrumentation(each.name, state, advice=f"pip install {each.packages[0].name}"))
    return done


def _record(
    candidates: list[Package], installed: Mapping[str, EntryPoint], joined: "TracerProvider"
) -> tuple[State, Package | None, str | None]:
    """Switches on the first candidate that works, unless one is on; with it, why the last one failed."""
    for package in candidates:
        if _is_on(package, installed):
            return "already on", package, None
    why: str | None = None
    for package in candidates:
        try:
            if not package.built_in:
                instrumentor = installed[package.name].load()()
                instrumentor.instrument(tracer_provider=joined, raise_exception_on_conflict=True, **package.options)
            elif package.name in _SWITCHES:
                _SWITCHES[package.name](joined)
        except Exception as error:  # noqa: BLE001 - whatever a package of somebody else raises is not the host's problem
            why = f"{type(error).__name__}: {error}"
        else:
            return "on", package, None
    return ("failed", candidates[-1], why) if candidates else ("not installed", None, None)


def _is_on(package: Package, installed: Mapping[str, EntryPoint]) -> bool:
    """True when somebody switched it on before. What was never imported was not, and need not be imported to know."""
    if package.built_in:
        return package.name == "pydantic-ai" and bool(getattr(_agent_class(), "_instrument_default", False))
    entry = installed[package.name]
    return entry.module in sys.modules and bool(getattr(entry.load()(), "is_instrumented_by_opentelemetry", False))


def _agent_class() -> Any:
    return import_module("pydantic_ai").Agent


def _pydantic_ai(joined: "TracerProvider") -> None:
    settings = import_module("pydantic_ai").InstrumentationSettings(tracer_provider=joined)
    _agent_class().instrument_all(settings)


_SWITCHES = {"pydantic-ai": _pydantic_ai}
"""Of what traces by itself, what does so only when told; the others write to the global provider."""


def _is_installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def _platform(joined: "TracerProvider") -> str | None:
    """The platform that has set up this process, by what it left on the provider; None without one."""
    if "traceloop.sdk" in sys.modules:
        return "Traceloop"
    processors = getattr(getattr(joined, "_active_span_processor", None), "_span_processors", ())
    modules = (type(each).__module__.split(".")[0] for each in (joined, *processors))
    return next((_PLATFORMS[module] for module in modules if module in _PLATFORMS), None)
