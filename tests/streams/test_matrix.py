"""Every encoding with every line end, in and out, through buffers of every size: what is copied line by line comes
out octet for octet as Python encodes the whole."""

import itertools

import pytest

from hy_iolib import *  # noqa: F403

ENCODINGS = """utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be latin-1 iso-8859-15 cp1252 koi8-r
    cp037 shift_jis euc-jp iso2022-jp iso2022-kr gbk gb18030 big5 big5hkscs euc-kr hz utf-7 mac-roman""".split()
# What an octet stands for depends on those before it, by more than a byte-order mark.
STATEFUL = ["iso2022-jp", "iso2022-kr", "hz", "utf-7"]
EOLS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
SIZES = [1, 2, 3, 7, 4096]

# Script -> lines. U+0A0D and such have the octets of line ends in them, 表 and 功 those of a backslash.
SCRIPTS = {
    "none": ["", "   ", "", " "],
    "ASCII": ["plain, 100% ~{x~} a+b-c \\ | #$@ [^_`]", "\tx\t", "?"],
    "Western European": ["¿Qué tal? Señor Müller, garçon", "ÀÿØ", "£5 ± ½ §3 «æ»"],
    "Euro": ["5 €", "Œuvre – “Šž”"],
    "Cyrillic": ["Съешь же ещё этих мягких", "", "ЪЯ"],
    "Greek": ["Αλφάβητο", "ώ λ"],
    "Japanese": ["日本語の表、ソ能力", "カタカナ と ひらがな", "ｱｲｳ", "表"],
    "simplified Chinese": ["你好，中文 abc 简体", "", "国"],
    "traditional Chinese": ["繁體中文、成功 xyz", "許蓋"],
    "Hong Kong": ["嘅咗 㗎"],
    "Korean": ["한글과 조선말 mixed 한", "", "가"],
    "right to left": ["שלום עולם", "مرحبا"],
    "Indic": ["नमस्ते", "\u0a0d\u0d0a\u0a00 \u0d00"],
    "combined": ["e\u0301 n\u0303", "Ê̄ ê̌"],
    "beyond the BMP": ["🙂🏽 x 👩\u200d💻", "𝒳𐍈", "\U0010ffff"],
    "marks within": ["a\ufeffb", "\ufeff", "\ufffd"],
}


def holds(encoding, text):
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


def text_for(*encodings):
    """A text of all lines that these encodings have, without a newline at its end."""
    lines = [line for lines in SCRIPTS.values() for line in lines if all(holds(e, line) for e in encodings)]
    return "\n".join(lines).rstrip("\n")


def octets_of(text, encoding, eol):
    return text.replace("\n", EOLS[eol]).encode(encoding)


def make(encoding, eol, size=None):
    sizes = {"input_buffer_size": size, "output_buffer_size": size} if size else {}
    return make_socket_pair(external_format=(encoding, "eol-style", eol), **sizes)


def received(socket):
    """All that has come to SOCKET so far."""
    octets = b""
    while True:
        try:
            data = receive_from(socket, size=100000, dont_wait=True).data
        except BlockingIOError:
            return octets
        if not data:
            return octets
        octets += data


def lines_of(stream):
    """The lines until the end of the file, each with whether more follow."""
    line = read_line(stream, timeout=10)
    while line is not None:
        following = read_line(stream, False, timeout=10)
        yield line, following is not None
        line = following


def copy(text, form, to_form, size=None):
    """Copy TEXT from a stream of the first form, an encoding and an eol style, line by line to one of the second;
    returns the octets that arrive."""
    peer, source = make(*form, size=size)
    target, end = make(*to_form, size=size)
    with peer, source, target, end:
        octets = octets_of(text, *form)
        assert send_to(peer, octets) == len(octets)
        shutdown(peer, write=True)
        arrived = b""
        for line, more in lines_of(source):
            # What a line is when the last one ends in a newline, the text says.
            if more or text.endswith("\n"):
                write_line(line, target, timeout=10)
            else:
                write_string(line, target, timeout=10)
            arrived += received(end)
        target.close()
        return arrived + received(end)


def check(text, form, to_form, size=None):
    assert text
    for t in (text, text + "\n"):
        assert copy(t, form, to_form, size) == octets_of(t, *to_form)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_line_ends(encoding):
    for eol, to_eol in itertools.product(EOLS, EOLS):
        check(text_for(encoding), (encoding, eol), (encoding, to_eol))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_from_one_encoding_to_another(encoding):
    for other in ENCODINGS:
        check(text_for(encoding, other), (encoding, "lf"), (other, "crlf"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_buffer_sizes(encoding, size):
    for eol in EOLS:
        check(text_for(encoding), (encoding, eol), (encoding, eol), size)


@pytest.mark.parametrize("eol", EOLS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_one_octet_a_packet(encoding, eol):
    """Each line can be read as soon as its last octet has come, and not before."""
    text = text_for(encoding)
    octets = octets_of(text, encoding, eol)
    lines = text.split("\n")
    ends = [len(octets_of("\n".join(lines[:n]) + "\n", encoding, eol)) for n in range(1, len(lines))]
    a, b = make(encoding, eol)
    with a, b:
        read = []
        for n, octet in enumerate(octets, 1):
            send_to(a, bytes([octet]))
            try:
                line = read_line(b, timeout=0)
            except poll_timeout:
                continue
            read.append((n, line))
        assert read == list(zip(ends, lines))
        shutdown(a, write=True)
        assert read_line(b, timeout=10) == lines[-1]
        assert read_line(b, False, "end", timeout=10) == "end"


@pytest.mark.parametrize("size", [1, 3, 4096])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_reading_character_by_character(encoding, size):
    text = text_for(encoding)
    for eol in EOLS:
        a, b = make(encoding, eol, size)
        with a, b:
            send_to(a, octets_of(text, encoding, eol))
            shutdown(a, write=True)
            assert [read_char(b, timeout=10) for _ in text] == list(text)
            assert read_char(b, False, "end", timeout=10) == "end"


@pytest.mark.parametrize("size", [1, 3, 4096])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_writing_character_by_character(encoding, size):
    """Encodings with shifts may have more of them then, but the text is the same."""
    # Big5-HKSCS has letters with accents that are two characters for Python, of which only one has octets.
    text = "\n".join(line for line in text_for(encoding).split("\n") if all(holds(encoding, c) for c in line))
    for eol in EOLS:
        a, b = make(encoding, eol, size)
        with a, b:
            arrived = b""
            for c in text:
                write_char(c, a, timeout=10)
                arrived += received(b)
            finish_output(a, timeout=10)
            a.close()
            arrived += received(b)
            if encoding in STATEFUL:
                assert arrived.decode(encoding) == text.replace("\n", EOLS[eol])
            else:
                assert arrived == octets_of(text, encoding, eol)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_has_something_to_say(encoding):
    """The texts of this file are no less than they were meant to be."""
    assert {script for script, lines in SCRIPTS.items() if all(holds(encoding, line) for line in lines)} > {"none"}
    assert text_for(encoding).count("\n") >= 5
