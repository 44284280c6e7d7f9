"""What can go wrong with the store, as one small tree of errors. Every message says what to do."""


class StoreError(Exception):
    """The store cannot do what was asked."""


class StoreBusy(StoreError):
    """Another process holds the database file.

    Attributes:
        pid: the process that holds it; None where the operating system did not say.
    """

    def __init__(self, message: str, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class StoreUnavailable(StoreError):
    """The file cannot be written or read at present (disk full, memory short): trying again later may work."""


class SchemaTooNew(StoreError):
    """The database was written by a newer Whyspan."""


class QueryError(StoreError):
    """There is no such query, or its parameters are not the declared ones."""


class WrongPrices(StoreError):
    """The user's price table cannot be read, or holds what is no price."""
