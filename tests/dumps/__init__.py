"""Tests of complaint dumps in and out."""
