"""Which network a caller comes from, for whoever counts what one of them may do."""

from ipaddress import ip_address, ip_network


def network_of(source: str) -> str:
    """Who holds one IPv6 address holds 2**64 of them, so those are counted by network."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
