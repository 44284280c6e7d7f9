"""The filter language for runs and spans: `status:failed tool:refund* duration>5s "gift card" -env:test` (docs/filter.md).

`parse` reads and checks a filter; `condition` turns it into SQL of our own fragments with every value a parameter.
"""

from whyspan_collector.filter.fields import FIELDS, Field
from whyspan_collector.filter.parse import FilterError, parse
from whyspan_collector.filter.sql_condition import Condition, Search, Subject, condition, phrases
from whyspan_collector.filter.values import WrongValue, moment_ns

__all__ = [
    "FIELDS",
    "Condition",
    "Field",
    "FilterError",
    "Search",
    "Subject",
    "WrongValue",
    "condition",
    "moment_ns",
    "parse",
    "phrases",
]
