"""A message in both languages that the product speaks; every text that an end user reads is one."""

from __future__ import annotations

from typing import NamedTuple

LANGUAGES = ("zh", "en")


class Message(NamedTuple):
    """One message, in Chinese and in English. Choose with `message.text(lang)`."""

    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        """The message in `lang` ("zh" or "en"; anything else reads as English)."""
        return self.zh if lang == "zh" else self.en

    @classmethod
    def same(cls, text: str) -> Message:
        """A message that reads the same in both languages (an author's own words, a name)."""
        return cls(text, text)
