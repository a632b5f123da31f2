"""The `when:` language: syntax tree, reading it from YAML, its types, its meaning (three-valued), its lowering to flags."""
