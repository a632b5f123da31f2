"""triage: rules-based complaint triage and escalation."""
