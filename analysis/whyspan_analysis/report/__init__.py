"""The batch report: many runs summed up, as HTML, Markdown and JSON."""
