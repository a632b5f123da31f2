"""The nouns, frozen: complaint, facts, tags, rule, pack, decision. Data only; what is done with them lives above."""
