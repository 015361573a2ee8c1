"""Lists programmes, what they offer, whether they have room, and their public keys."""
