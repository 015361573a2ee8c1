"""The documents of the contract, made from `schemas/` alone: `python -m referral_exchange.contract_docs`."""
