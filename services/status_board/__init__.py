"""Who is waiting: a read model that can be thrown away and built again. Nothing depends on it."""
