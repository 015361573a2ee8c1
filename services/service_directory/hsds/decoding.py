"""Bytes to text, or a finding that says how to save the file again."""

import codecs

from service_directory.findings import Finding, Place

_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE = "save the file as UTF-8 (in a spreadsheet: `CSV UTF-8`) and import it again"


def decoded(file: str, content: bytes) -> str | Finding:
    """The text of a file in UTF-8, with or without a byte order mark; else a finding that names the line."""
    for mark, name in _OTHER_MARKS:
        if content.startswith(mark):
            return Place(file, "1").error("", "encoding", f"the file is {name}", _SAVE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = str(content.count(b"\n", 0, error.start) + 1)
        return Place(file, line).error("", "encoding", "a character here is not UTF-8", _SAVE)
    if "\0" in text:
        line = str(text.count("\n", 0, text.index("\0")) + 1)
        wrong = "a zero byte stands here: the file is damaged, or not text"
        return Place(file, line).error("", "encoding", wrong, "export the file again from its source")
    return text
