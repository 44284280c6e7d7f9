"""The batch report: many runs summed up for a team.

`build.build` makes a `model.Report` from the store, once; `renderers.RENDERERS` turn it into HTML, Markdown or JSON.
"""
