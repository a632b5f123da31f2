"""Which words negate, and where a clause ends: the published lists behind `unless_negated`."""

from __future__ import annotations

NEGATORS = frozenset(
    "不 没 没有 并非 无 未 别 非 勿 莫 未曾 未必 不曾 不会 不是 不要 不想 不用 不必 不需 不需要 无需 无须 毋须 不打算 没想 并未 并不 "
    "并没 并没有 从不 从未 从没 从来不 绝不 决不 绝非 绝无 尚未 还没 还没有 毫无 毫不 没法 无法 不能 不可 不可能 不愿 不愿意 不肯 不敢 "
    "不再 不准 不许 不得 不应 不该 不应该 不存在 not no never without don't doesn't didn't isn't aren't wasn't won't wouldn't can't cannot".split()
)
"""Folded words. Only a whole word as the segmenter cuts it negates: 不但, 不仅, 不过 and 不断 are words of their own and don't."""

NEGATOR_CHARACTERS = frozenset("不没非无未别勿莫毋nw")
"""Each negator has one of these: where none stands, nothing is negated."""

CLAUSE_WORDS = frozenset(("就", "才", "便"))
"""Words that end a clause: what stands before them is a condition (再不处理我就找记者 is a threat, not a denial)."""

CLAUSE_ENDS = frozenset(",.;:!?()[]{}<>\"'、。…—~《》「」『』【】〈〉·|/\\\n\r\t“”‘’")
"""Folded punctuation that ends a clause. A blank doesn't: customers type blanks inside clauses."""

SURE_ENDS = CLAUSE_ENDS - frozenset(".'")
"""Those of them that the segmenter never keeps in one word with letters or ideographs."""
