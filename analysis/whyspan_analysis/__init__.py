"""Why a run went wrong: decisions, findings and the diagnosis of one run, computed from its spans."""
