"""The collector: OTLP bytes in, canonical spans, logs and runs in one store.

`service` runs it as a process and opens its store for everybody else; `otlp` alone turns bytes into records.
"""
