"""What the engine costs, beside simpler things that do part of its work. Run it with `make bench`."""
