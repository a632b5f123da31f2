"""May this person grant this? Pure arithmetic over a pack's limits and caps and a history handed in: no store, no clock."""
