"""Writes the documents of the contract: `python -m referral_exchange.contract_docs [--check]`."""

import sys

from referral_exchange.contract_docs import contract, documents


def main(argv: list[str]) -> int:
    """Writes them; with `--check` only compares, and returns 1 when one is stale."""
    loaded = contract.load()
    if "--check" not in argv:
        documents.write(loaded)
        return 0
    found = documents.stale(loaded)
    print(
        f"stale: {', '.join(found)}; run `make generate`" if found else "the contract's documents are current"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
