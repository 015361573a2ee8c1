"""The kit that connectors are built with: one agency system each, both ways, run by `python -m`.

A connector is a folder of `connectors/`: `connector.toml` (what it is and declares), `mapping.py` (pure),
`transport.py` (its I/O), `stand_in.py` (a strict stand-in of the system) and `README.md`. Its package offers
`connect(service) -> seam.AgencySystem`; the rest is here.
"""
