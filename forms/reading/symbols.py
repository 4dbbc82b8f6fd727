"""Characters that only their font makes what they look like: Symbol, Wingdings, raised digits, private code points."""

SYMBOL = {
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x7E: "∼",
    0xA2: "′", 0xA3: "≤", 0xA4: "⁄", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓",
    0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB7: "•", 0xB8: "÷", 0xB9: "≠",
    0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xC7: "∩", 0xC8: "∪", 0xD0: "∠", 0xD1: "∇", 0xD5: "∏", 0xD6: "√",
    0xD7: "⋅", 0xDB: "⇔", 0xDC: "⇐", 0xDE: "⇒", 0xE5: "∑",
}  # fmt: skip
"""Adobe's Symbol encoding, as far as forms have it. Below 0x40 the rest are the ASCII characters themselves."""

SYMBOL |= {code: chr(code) for code in range(0x20, 0x40) if code not in SYMBOL}
SYMBOL |= dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
SYMBOL |= dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
SYMBOL |= {code: chr(code) for code in (0x5B, 0x5D, 0x5F, 0x7B, 0x7C, 0x7D)}

WINGDINGS = {
    0x20: " ", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x72: "❒", 0x74: "⧫", 0x75: "◆",
    0x76: "❖", 0x77: "⬥", 0x9E: "·", 0x9F: "•", 0xA1: "○", 0xA7: "▪", 0xA8: "□", 0xAB: "★", 0xD8: "➢",
    0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
"""Microsoft's Wingdings: ticks, boxes, bullets, arrows, numbers in circles."""

WINGDINGS |= dict(zip(range(0x80, 0x8B), "⓪①②③④⑤⑥⑦⑧⑨⑩", strict=True))
WINGDINGS |= dict(zip(range(0x8B, 0x96), "⓿❶❷❸❹❺❻❼❽❾❿", strict=True))

WINGDINGS_2 = {0x20: " ", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "□"}

_FONTS = {"symbol": SYMBOL, "wingdings": WINGDINGS, "wingdings 2": WINGDINGS_2}

_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def drawn(text: str, font: str) -> str:
    """A text as a symbol font draws it. What is not known here becomes a private character and so stays in doubt."""
    known = _FONTS.get(font.strip().lower())
    if known is None:
        return text
    return "".join(_drawn(char, known) for char in text)


def _drawn(char: str, known: dict[int, str]) -> str:
    code = ord(char)
    if 0xF000 <= code <= 0xF0FF:
        code -= 0xF000
    if code > 0xFF or code < 0x20:
        return char  # another font stands in for it
    return known.get(code, chr(0xF000 + code))


def raised(text: str) -> str:
    """Raised digits as characters of their own: 10 and a raised 4 are 10⁴ and not 104."""
    return text.translate(_RAISED)


def private(text: str) -> bool:
    """Whether there is a character whose look nobody but its font knows, or one that was lost."""
    if text.isprintable():
        return "\ufffd" in text
    return any(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or ord(char) >= 0xF0000 for char in text)
