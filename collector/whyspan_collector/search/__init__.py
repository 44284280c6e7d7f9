"""Full-text search over what runs said: messages, arguments and results of tools, names, rationale, errors.

The index is SQLite's FTS5 in a file of its own beside the database, derived from the store and never the only copy of anything.
"""

from whyspan_collector.search.excerpt import Excerpt
from whyspan_collector.search.texts import Texts

__all__ = ["Excerpt", "Texts"]
