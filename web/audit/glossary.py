"""The words of the audit that a stranger does not know, each explained in one line, once for all pages."""

from flask_babel import lazy_gettext as _

WORDS = {
    "ledger": (_("台账"), _("所有办理记录的总账：只能往后加，不能改，不能删。")),
    "chain": (_("链"), _("每张表、每个人、每个年度各有一串记录，后一条带着前一条的散列值，一环扣一环。")),
    "hash": (_("散列值"), _("由一条记录的全部内容算出的一串字符，好比指纹；内容动一个字，重新算就对不上。")),
    "fits": (_("相符、不符"), _("现在把记录重新算一遍，与当时记下的散列值一样叫相符，不一样叫不符。")),
    "seal": (_("封存"), _("后台每分钟把各条链上的新记录收进全系统的一条总链（封存链），以后不能悄悄插入或截断。")),
    "head": (_("校验码"), _("封存链最后一条的散列值，又叫“头”；一个校验码代表它以前的全部记录。")),
    "digest": (_("内容散列"), _("一版表或一个文件全部文字的散列值，用来证明它就是当时的那一份。")),
}  # fmt: skip
"""By a name of its own: the word and its line."""


def explained(*names: str) -> list[tuple[str, str]]:
    """The words that a page uses with their lines, in the order given."""
    return [(str(WORDS[name][0]), str(WORDS[name][1])) for name in names]
