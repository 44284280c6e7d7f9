"""`dry_run`: the call is not made; the agent works with what a substitute gives instead."""

import whyspan

BACKUP_FIRST = {
    "id": "backup-first",
    "kind": "precedence",
    "a": 'e.kind == "result" && e.name == "back_up" && e.ok',
    "b": 'e.kind == "call" && e.name == "delete"',
    "same": ["args.table"],
    "action": {"guard": "dry_run"},
    "message": "A table is backed up before it is deleted.",
}


@whyspan.tool(effect="pure-read")
def back_up(table: str) -> str:
    """Copies a table."""
    return f"{table} copied"


@whyspan.tool(effect="irreversible")
def delete(table: str) -> str:
    """Deletes a table."""
    return f"{table} deleted"


if __name__ == "__main__":
    dry_runs = {"delete": lambda table: f"{table} would be deleted"}
    with whyspan.guard(rules=[BACKUP_FIRST], dry_run=dry_runs):
        back_up("sales")
        print(delete("sales"))
        print(delete("people"))
