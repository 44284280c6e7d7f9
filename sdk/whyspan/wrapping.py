"""A function traced as it is: plain, coroutine, generator or async generator stays what it was.

A generator's span is current only while the generator runs, never in its consumer between two items.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

from whyspan import enforcement, runtime
from whyspan.spans import ReturningSpan

P = ParamSpec("P")
R = TypeVar("R")

_ITEMS_KEPT = 1000
"""Items of a generator that are recorded; a stream has no end we could count on."""


_Function: TypeAlias = Callable[..., Any]
_Begin: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], ReturningSpan]


def trace(function: Callable[P, R], begin: Callable[[dict[str, Any]], ReturningSpan]) -> Callable[P, R]:
    """The same function with one span for each call; `begin` makes it from the arguments by name."""
    by_name = _ByName(function)

    def begin_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> ReturningSpan:
        return begin(by_name(args, kwargs))

    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(function, begin_call)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, begin_call)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, begin_call)
    else:
        wrapper = _plain(function, begin_call)
    return cast("Callable[P, R]", functools.wraps(function)(wrapper))


def _plain(function: _Function, begin: _Begin) -> _Function:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if runtime.tracer() is None and enforcement.current() is None:
            return function(*args, **kwargs)
        with begin(args, kwargs) as call:
            if call.instead is not None:
                call.set_result(call.instead.value)
                return call.instead.value
            result = function(*args, **kwargs)
            call.set_result(result)
            return result

    return wrapper


def _coroutine(function: _Function, begin: _Begin) -> _Function:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        if runtime.tracer() is None and enforcement.current() is None:
            return await function(*args, **kwargs)
        with begin(args, kwargs) as call:
            if call.instead is not None:
                call.set_result(call.instead.value)
                return call.instead.value
            result = await function(*args, **kwargs)
            call.set_result(result)
            return result

    return wrapper


def _generator(function: _Function, begin: _Begin) -> _Function:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator: Generator[Any, Any, Any] = function(*args, **kwargs)
        if runtime.tracer() is None and enforcement.current() is None:
            return (yield from generator)
        call = begin(args, kwargs)
        _started(call)
        if call.instead is not None:
            yield from _replaced(call)
            return None
        items: list[Any] = []
        step: Callable[[], Any] = functools.partial(next, generator)
        try:
            while True:
                with call.current():
                    item = step()
                _keep(items, item)
                try:
                    step = functools.partial(generator.send, (yield item))
                except GeneratorExit:
                    with call.current():
                        generator.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever the consumer throws is for the generator
                    step = functools.partial(generator.throw, thrown)
        except StopIteration as stop:
            _finish(call, _whole(items) if stop.value is None else stop.value)
            return stop.value
        except BaseException as error:
            call.set_partial(_whole(items))
            call.end(error)
            raise

    return wrapper


def _async_generator(function: _Function, begin: _Begin) -> _Function:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator: AsyncGenerator[Any, Any] = function(*args, **kwargs)
        call = begin(args, kwargs)
        _started(call)
        if call.instead is not None:
            for item in _replaced(call):
                yield item
            return
        items: list[Any] = []
        step: Callable[[], Any] = generator.__anext__
        try:
            while True:
                with call.current():
                    item = await step()
                _keep(items, item)
                try:
                    step = functools.partial(generator.asend, (yield item))
                except GeneratorExit:
                    with call.current():
                        await generator.aclose()
                    raise
                except BaseException as thrown:  # noqa: BLE001 - whatever the consumer throws is for the generator
                    step = functools.partial(generator.athrow, thrown)
        except StopAsyncIteration:
            _finish(call, _whole(items))
        except BaseException as error:
            call.set_partial(_whole(items))
            call.end(error)
            raise

    return wrapper


def _started(call: ReturningSpan) -> None:
    """Starts the span of a generator, which is no `with` block. Raises GuardBlocked."""
    call.start()
    try:
        call.admit()
    except BaseException as error:
        call.end(error)
        raise


def _finish(call: ReturningSpan, value: object) -> None:
    """Ends the span of a generator that is through. Raises GuardBlocked where a rule forbids what it gave."""
    try:
        call.set_result(value)
    except BaseException as error:
        call.end(error)
        raise
    call.end()


def _replaced(call: ReturningSpan) -> list[Any]:
    """What a generator gives where another result takes the place of what it would have produced."""
    value = call.instead.value
    call.set_result(value)
    call.end()
    return value if isinstance(value, list) else [value]


def _keep(items: list[Any], item: Any) -> None:
    if len(items) < _ITEMS_KEPT:
        items.append(item)
    elif len(items) == _ITEMS_KEPT:
        items.append(f"[whyspan: cut after {_ITEMS_KEPT} items]")


def _whole(items: list[Any]) -> object:
    """What a generator produced as one value: text that came in pieces is one text again."""
    return "".join(items) if items and all(isinstance(item, str) for item in items) else items


def _signature(function: _Function) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some builtins have none
        return None


class _ByName:
    """Arguments of a call by name, defaults included, `self` and `cls` not; as passed where they do not fit."""

    def __init__(self, function: _Function) -> None:
        self._signature = _signature(function)
        parameters = list(self._signature.parameters.values()) if self._signature else []
        self._skipped = next((each.name for each in parameters[:1] if each.name in ("self", "cls")), None)
        self._names: tuple[str, ...] | None = None
        self._defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
        if parameters and all(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters):
            self._names = tuple(each.name for each in parameters)

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        arguments = self._quickly(args, kwargs)
        if arguments is None:
            arguments = self._bound(args, kwargs)
        if self._skipped is not None:
            arguments.pop(self._skipped, None)
        return arguments

    def _quickly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
        """The usual case, ten times as fast as `Signature.bind`; None where it has to look closer."""
        if self._names is None or len(args) > len(self._names):
            return None
        arguments = dict(zip(self._names, args, strict=False))
        if not kwargs and len(args) == len(self._names):
            return arguments
        named = 0
        for name in self._names[len(args) :]:
            if name in kwargs:
                arguments[name] = kwargs[name]
                named += 1
            elif name in self._defaults:
                arguments[name] = self._defaults[name]
            else:
                return None
        return arguments if named == len(kwargs) else None

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        as_passed = {**{str(position): value for position, value in enumerate(args)}, **kwargs}
        if self._signature is None:
            return as_passed
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:  # the call itself is about to raise the same
            return as_passed
        bound.apply_defaults()
        return dict(bound.arguments)
