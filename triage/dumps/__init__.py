"""Complaint dumps in and out, in bounded memory: many formats in, decisions with the same rows out."""
