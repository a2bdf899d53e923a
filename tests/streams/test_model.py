"""Stream operators against a model: octets that came and octets that were written, as two plain lists.
Characters are what Python's codecs make of the octets, one at a time.

STREAM_MODEL_RUNS says how many runs there are, of 30 operations each. `StreamMachine` serves for other kinds of
streams, too: `make_pair` makes them, the methods `peer_…` say what the peer does.
"""

import array
import codecs
import functools
import os
import random
import sys
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import hy_iolib
from hy_iolib import *  # noqa: F403
from hy_iolib import character_decoding_error, character_encoding_error, hangup, no_characters_to_unread

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("STREAM_MODEL_RUNS", 2000))
NATIVE = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
WHITESPACE = " \n\t\f\r"
NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
PLAIN = ["utf-8", "latin-1", "utf-16-le", "utf-16-be", "shift_jis", "ascii"]
MARKER = object()

# U+0A0D and such: their octets look like line ends. 表 ends with the octet of a backslash.
PIECES = ["a", "bc", " ", "\t", "\f", "\b", "\n", "\r", "\r\n", "\ré", "\r日", "x\ny\n", "one\r\ntwo\r\n", "\n\n  \n", "é",
          "€", "表", "ｱ", "日本語\n", "🙂", "\ufeff", "\u0a0d", "\u0d0a", "\u0a00", "\udc80", "\ufffd", "?"]
OCTETS = [0, 10, 13, 32, 63, 65, 0x5c, 0x80, 0x81, 0x82, 0x83, 0xa9, 0xac, 0xc3, 0xd8, 0xdc, 0xe2, 0xed, 0xf0,
          0xfe, 0xff]



def some(number, make):
    """Things made with a random generator, small ones first: to choose one is cheaper than many choices."""
    generator = random.Random(number)
    return sorted((make(generator) for _ in range(number)), key=len)


TEXTS = some(400, lambda r: "".join(r.choices(PIECES, k=r.randrange(9))))
OCTET_STRINGS = some(400, lambda r: bytes(r.choices(OCTETS, k=r.randrange(9))))
MIXTURES = some(200, lambda r: r.choices([*OCTETS, *"ab \n\n\n"], k=r.randrange(9)))

texts = st.sampled_from(TEXTS)
octets = st.sampled_from(OCTET_STRINGS)
mixtures = st.sampled_from(MIXTURES)
rarely = st.sampled_from([False] * 4 + [True])
cuts = st.sampled_from([0, 0, 1, 2, 3, 5, 12])
sizes = st.sampled_from([1, 2, 3, 7, 4096])
policies = st.sampled_from([{}, {}, {"errors": "strict"}, {"errors": "strict"}, {"errors": "replace"},
                            {"errors": "ignore"}, {"errors": "surrogateescape"}, {"errors": "backslashreplace"},
                            {"replacement": "?"}])


class Unspecified(Exception):
    """The manual does not say what happens now: the model does not ask."""


class Format(NamedTuple):
    encoding: str
    eol: str
    policy: dict

    def designator(self):
        if self.policy:
            return external_format(self.encoding, eol_style=self.eol, **self.policy)
        return self.encoding if self.eol == "lf" else (self.encoding, "eol-style", self.eol)

    def substitute(self, error):
        """What is read for the octets that ERROR is about, and how many they are; None to signal it."""
        policy = self.policy.get("errors", "replace")
        if "replacement" in self.policy:
            return self.policy["replacement"], error.end - error.start
        if policy == "strict":
            return None
        try:
            text, end = codecs.lookup_error(policy)(error)
        except UnicodeDecodeError:
            return None
        if policy == "surrogateescape" and self.encoding in ("utf-8", "ascii"):
            # A character an octet.
            text, end = text[0], error.start + 1
        return text, end - error.start

    def encode(self, text):
        """The octets of TEXT, without a byte-order mark."""
        codec = NATIVE if self.encoding == "utf-16" else self.encoding
        return b"".join(self.octets_of(c, codec) for c in text.replace("\n", NEWLINES[self.eol]))

    def octets_of(self, character, codec):
        try:
            return character.encode(codec)
        except UnicodeEncodeError:
            if "replacement" in self.policy:
                return self.policy["replacement"].encode(codec)
            return character.encode(codec, self.policy.get("errors", "strict"))


# What can be unread after a reading operator that gave nothing; False would be: that is not said.
AFTER_NOTHING = None


class Invalid(NamedTuple):
    """Octets that are no character."""
    start: int
    end: int


class Character(NamedTuple):
    text: str
    start: int
    end: int
    codec: str
    # A carriage return, and what has come of the character behind it might still make it a newline.
    unsure: bool = False


# No character: more octets may still come; or not.
WAIT, END = "wait", "end"


class Input:
    """The octets that the peer sent and nobody has read."""

    def __init__(self, form):
        self.octets = bytearray()
        self.format = form
        self.ended = False
        # The codec that a byte-order mark chose.
        self.order = None
        # Octets without a character of theirs, which stood before one that was read and then unread. Whether
        # they come back is not said.
        self.hidden = 0

    def start(self):
        """Where the characters begin, and their codec; None as long as a byte-order mark may still come."""
        if self.format.encoding != "utf-16":
            return 0, self.format.encoding
        if self.order:
            return 0, self.order
        if len(self.octets) < 2 and not self.ended:
            return None
        marks = {codecs.BOM_UTF16_LE: (2, "utf-16-le"), codecs.BOM_UTF16_BE: (2, "utf-16-be")}
        return marks.get(bytes(self.octets[:2]), (0, NATIVE))

    def unit(self, at, codec):
        """What the shortest part from AT on that can be decoded gives, and its length."""
        decoder = codecs.getincrementaldecoder(codec)
        for end in range(at + 1, min(at + 8, len(self.octets)) + 1):
            try:
                text = decoder().decode(bytes(self.octets[at:end]), self.ended and end == len(self.octets))
            except UnicodeDecodeError as e:
                assert e.start == 0
                return self.format.substitute(e) or Invalid(at, at + e.end)
            if text:
                return text, end - at
        return None

    def character(self, at, codec):
        while True:
            unit = self.unit(at, codec)
            if unit is None:
                return END if self.ended else WAIT
            if isinstance(unit, Invalid):
                return unit
            text, count = unit
            if text:
                break
            at += count
        end = at + count
        if text == "\r" and self.format.eol == "cr":
            text = "\n"
        elif text == "\r" and self.format.eol == "crlf":
            following = self.unit(end, codec)
            if following is None and end < len(self.octets):
                return Character(text, at, end, codec, unsure=True)
            if following is None and not self.ended:
                return WAIT
            if following and following[0] == "\n":
                text, end = "\n", end + following[1]
            elif following and following[0] == "":
                raise Unspecified("a newline with invalid octets in it that are ignored")
        return Character(text, at, end, codec)

    def characters(self):
        """The characters from the first one on, and at last Invalid, WAIT or END."""
        start = self.start()
        if start is None:
            yield WAIT
            return
        at, codec = start
        while True:
            c = self.character(at, codec)
            yield c
            if not isinstance(c, Character):
                return
            at = c.end

    def first(self):
        return next(self.characters())

    def murky(self):
        """Do octets stand first that are no part of a character? An operator on characters that did not
        consume any may have dropped them, or not."""
        if self.hidden or (self.format.encoding == "utf-16" and not self.order):
            return True
        unit = self.unit(0, self.start()[1])
        return isinstance(unit, tuple) and unit[0] == ""

    def consume(self, end, codec=None):
        taken = bytes(self.octets[:end])
        del self.octets[:end]
        self.hidden = 0
        if codec and self.format.encoding == "utf-16":
            self.order = codec
        return taken

    def drop(self, invalid):
        """Consume invalid octets; what is before them stays."""
        start, codec = self.start()
        del self.octets[invalid.start:invalid.end]
        if start and start == invalid.start:
            self.consume(start, codec)
            self.hidden = start
        elif invalid.start == 0 and self.format.encoding == "utf-16":
            self.order = codec


def operation(**strategies):
    """A rule that does nothing where the model does not know."""
    def decorate(function):
        @functools.wraps(function)
        def operate(self, **arguments):
            try:
                function(self, **arguments)
            except Unspecified:
                pass
        return rule(**strategies)(operate)
    return decorate


def outcome(operator, *arguments, **options):
    """The value of a call, or the condition that it signals."""
    try:
        return operator(*arguments, **options)
    except (poll_timeout, end_of_file, character_decoding_error, no_characters_to_unread) as e:
        return e


class StreamMachine(RuleBasedStateMachine):
    encoding = "utf-8"

    # How the two ends are made, and what the peer does, over the system's own sockets.

    def make_pair(self, **options):
        """A stream to be tested, with these options of `make_socket_pair`, and its peer."""
        return make_socket_pair(**options)

    def peer_send(self, data):
        assert send_to(self.peer, data) == len(data)

    def peer_receive(self):
        """All that the stream has sent so far."""
        received = b""
        while True:
            try:
                data = receive_from(self.peer, size=100000, dont_wait=True).data
            except BlockingIOError:
                return received
            if not data:
                return received
            received += data

    def peer_shutdown(self):
        shutdown(self.peer, write=True)

    def peer_close(self):
        self.peer.close(abort=True)

    def droppable(self):
        """Can what is pending still be dropped?"""
        return True

    def narrow(self):
        """Let the system take only few octets at once."""
        set_socket_option(self.stream, "send-buffer", value=1)

    # The state.

    @initialize(eol=st.sampled_from(list(NEWLINES)), policy=policies, sizes=st.tuples(sizes, sizes),
                narrow=st.booleans(), patience=st.sampled_from([0, 0.05]), supply=st.integers(0, 10**6),
                mark=st.sampled_from([codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b""]))
    def begin(self, eol, policy, sizes, narrow, patience, supply, mark):
        self.format = Format(self.encoding, eol, policy)
        self.input_size, self.output_size = sizes
        self.stream, self.peer = self.make_pair(external_format=self.format.designator(),
                                                input_buffer_size=sizes[0], output_buffer_size=sizes[1])
        self.narrowed = narrow
        if narrow:
            self.narrow()
        self.patience = patience
        self.input = Input(self.format)
        # What the peer will send first the next time.
        self.rest = mark if self.encoding == "utf-16" else b""
        self.peer_codec = "utf-16-be" if mark == codecs.BOM_UTF16_BE else NATIVE
        self.supply = random.Random(supply)
        self.gone = False
        # What can be unread: a character, its octets, and how many stood before them; False when that is not said.
        self.last = None
        # Octets that were written, and that the peer has not received yet.
        self.written = bytearray()
        # Is the output at the start of a line? None when that is not said.
        self.at_start = True
        self.mark_due = self.encoding == "utf-16"
        self.mark_pending = False
        assert external_format_of(self.stream) == external_format(self.encoding, eol_style=eol, **policy)
        assert self.pending() == input_buffer_size(self.stream) == 0

    def teardown(self):
        if not hasattr(self, "stream"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.settle()
        finally:
            self.stream.close(abort=True)
            if not self.gone:
                self.peer_close()

    def settle(self):
        """Everything arrives, in both directions."""
        if not self.gone:
            for _ in range(10000):
                try:
                    finish_output(self.stream, timeout=0)
                    break
                except poll_timeout:
                    self.peer_receives()
            self.peer_receives()
            assert self.written == b"" and output_buffer_empty_p(self.stream)
            if not self.input.ended:
                self.peer_ends()
        if not self.input.murky():
            octets = self.input.octets
            sequence = bytearray(len(octets) + 1)
            assert read_sequence(sequence, self.stream, timeout=0) == len(octets)
            assert sequence[:-1] == octets

    def pending(self):
        """The output that is pending, in octets, as the stream says."""
        count = output_buffer_size(self.stream)
        assert write_buffer_size(self.stream) == count
        assert output_buffer_empty_p(self.stream) is write_buffer_empty_p(self.stream) is (count == 0)
        assert 0 <= count <= len(self.written)
        if not count:
            self.mark_pending = False
        return count

    def buffered(self):
        """The input that was read ahead, in octets, as the stream says."""
        count = input_buffer_size(self.stream)
        assert read_buffer_size(self.stream) == count
        assert input_buffer_empty_p(self.stream) is read_buffer_empty_p(self.stream) is (count == 0)
        assert 0 <= count <= len(self.input.octets) + self.input.hidden
        return count

    # The peer.

    def encoded(self, text):
        """TEXT as the peer writes it."""
        codec = self.peer_codec if self.format.encoding == "utf-16" else self.format.encoding
        return text.replace("\n", NEWLINES[self.format.eol]).encode(codec, "ignore")

    @operation(text=texts, octets=octets, more=texts, cut=cuts)
    def peer_sends(self, text, octets, more, cut):
        self.send(self.encoded(text) + octets + self.encoded(more), cut)

    @operation(text=texts, cut=cuts)
    def peer_sends_text(self, text, cut):
        self.send(self.encoded(text), cut)

    def send(self, data, cut):
        """The peer sends what it kept back and DATA, and keeps the last octets back, CUT in number."""
        if self.input.ended:
            return
        data = self.rest + data
        data, self.rest = data[:len(data) - cut], data[max(0, len(data) - cut):]
        if data:
            self.peer_send(data)
            self.input.octets += data

    def feed(self):
        """Mostly, when nothing is there to be read, the peer sends something, whole or in part."""
        if not isinstance(self.input.first(), Character) and not self.input.ended:
            more = self.supply.random()
            if more < 0.4 and not self.rest:
                data = self.encoded(self.supply.choice(TEXTS))
                if more < 0.15:
                    data += self.supply.choice(OCTET_STRINGS) + self.encoded(self.supply.choice(TEXTS))
                elif more < 0.2:
                    # Cut in the middle of what stands behind the carriage return.
                    data += self.encoded("\r日")
                self.send(data, self.supply.choice([0, 1, 1, len(data) // 2]))
            elif more < 0.7:
                self.send(b"", self.supply.randrange(len(self.rest) + 1))

    @operation()
    def peer_may_receive(self):
        """While little fits into the way to the peer, it is to be full often."""
        if not self.narrowed or len(self.written) % 3 == 0:
            self.peer_receives()

    def peer_receives(self):
        if not self.gone:
            received = self.peer_receive()
            pending = self.pending()
            # All that was written and is not pending.
            assert received == self.written[:len(self.written) - pending]
            del self.written[:len(received)]

    @operation(end=st.sampled_from([None, None, None, None, "shutdown", "close"]))
    def peer_may_end(self, end):
        if end and not self.input.ended:
            self.send(self.encoded(self.supply.choice(TEXTS)), self.supply.choice([0, 0, 1]))
            if end == "shutdown":
                self.peer_ends()
            else:
                # With octets that the peer has not read, the end would be an error.
                self.peer_receives()
                self.peer_close()
                self.gone = self.input.ended = True

    def peer_ends(self):
        self.peer_shutdown()
        self.input.ended = True

    # Reading characters.

    def eof_arguments(self, silent):
        return (False, MARKER) if silent else (True, MARKER)

    def failed(self, value, expected, silent=False):
        """Check VALUE where no character was expected, but WAIT, END or Invalid."""
        self.last = AFTER_NOTHING
        if expected is WAIT:
            assert isinstance(value, poll_timeout)
        elif expected is END and silent:
            assert value is MARKER
        elif expected is END:
            assert isinstance(value, end_of_file) and isinstance(value, EOFError)
            assert stream_error_stream(value) is self.stream
        else:
            assert isinstance(value, character_decoding_error) and isinstance(value, UnicodeError)
            assert stream_error_stream(value) is self.stream
            self.input.drop(expected)
        self.buffered()

    def limit(self, expected):
        """The time limit of an operator for which, if it is WAIT, there is nothing."""
        return 0 if expected is WAIT else self.patience

    def indivisible(self, c):
        if isinstance(c, Character) and len(c.text) > 1:
            raise Unspecified("some of the characters that stand for one invalid octet")

    def take(self, c):
        """The model reads the character C. It can be unread."""
        hidden = self.input.hidden + c.start
        taken = self.input.consume(c.end, c.codec)
        self.last = c.text, taken[c.start:], hidden
        self.buffered()

    @operation(silent=st.booleans())
    def read_char(self, silent):
        self.feed()
        c = self.input.first()
        self.indivisible(c)
        unsure = isinstance(c, Character) and c.unsure
        value = outcome(read_char, self.stream, *self.eof_arguments(silent),
                        timeout=0 if unsure else self.limit(c))
        if unsure and isinstance(value, poll_timeout):
            self.last = AFTER_NOTHING
        elif isinstance(c, Character):
            assert value == c.text
            self.take(c)
        else:
            self.failed(value, c, silent)

    @operation(silent=st.booleans())
    def read_char_no_hang(self, silent):
        self.feed()
        c = self.input.first()
        self.indivisible(c)
        value = outcome(read_char_no_hang, self.stream, *self.eof_arguments(silent))
        if c is WAIT or (isinstance(c, Character) and c.unsure and value is None):
            assert value is None
            self.last = AFTER_NOTHING
            self.buffered()
        elif isinstance(c, Character):
            assert value == c.text
            self.take(c)
        else:
            self.failed(value, c, silent)

    @operation(kind=st.sampled_from([None, None, False, True, True, "a", "\n", "é", "?"]), silent=st.booleans())
    def peek_char(self, kind, silent):
        self.feed()
        skipped = None
        for c in self.input.characters():
            self.indivisible(c)
            if not isinstance(c, Character) or not kind:
                break
            if (c.text not in WHITESPACE) if kind is True else c.text == kind:
                break
            skipped = c
        unsure = isinstance(c, Character) and c.unsure
        if skipped and (unsure or c is WAIT or isinstance(c, Invalid)):
            raise Unspecified("is what was skipped consumed when the wait ends with a condition?")
        value = outcome(peek_char, kind, self.stream, *self.eof_arguments(silent),
                        timeout=0 if unsure else self.limit(c))
        self.last = None
        if skipped:
            self.input.consume(skipped.end, skipped.codec)
        if unsure and isinstance(value, poll_timeout):
            pass
        elif isinstance(c, Character):
            assert value == c.text
            self.buffered()
        else:
            self.failed(value, c, silent)

    @operation(wrong=st.sampled_from([None] * 6 + ["z", "", "ab", 65]))
    def unread_char(self, wrong):
        if self.last is False:
            return
        if self.last is None:
            with pytest.raises(no_characters_to_unread) as e:
                unread_char("a", self.stream)
            assert stream_error_stream(e.value) is self.stream
            return
        character, octets, hidden = self.last
        if wrong is not None and wrong != character:
            with pytest.raises(type_error):
                unread_char(wrong, self.stream)
        else:
            unread_char(character, self.stream)
            self.input.octets[:0] = octets
            self.input.hidden = hidden
            self.last = None
        self.buffered()

    @operation()
    def read_and_unread(self):
        self.read_char(silent=False)
        self.listen()
        self.unread_char(wrong=None)

    @operation()
    def listen(self):
        self.feed()
        c = self.input.first()
        if isinstance(c, Invalid):
            raise Unspecified("is an error to come a character?")
        value = listen(self.stream)
        if isinstance(c, Character) and c.unsure:
            assert value is True or value is False
        else:
            assert value is isinstance(c, Character)
        self.buffered()

    @operation(silent=st.booleans())
    def read_line(self, silent):
        self.feed()
        line, end, invalid = [], None, None
        for c in self.input.characters():
            if isinstance(c, Invalid):
                invalid = c
                break
            if not isinstance(c, Character) or c.text == "\n":
                break
            if c.unsure:
                c = WAIT
                break
            line.append(c.text)
            end = c
        text = "".join(line)
        whole = not invalid or self.input.ended or self.newline_behind(invalid)
        value = outcome(read_line, self.stream, *self.eof_arguments(silent), timeout=self.limit(c if whole else WAIT))
        if invalid and not whole and isinstance(value, poll_timeout):
            self.last = AFTER_NOTHING
        elif isinstance(c, Character):
            assert value == text
            # The position of the newline among the octets, if invisible octets stand before it.
            hidden = c.start - end.end if end else self.input.hidden + c.start
            taken = self.input.consume(c.end, c.codec)
            self.last = "\n", taken[c.start:], hidden
            self.buffered()
        elif c is END and text:
            assert value == text
            self.input.consume(len(self.input.octets), end.codec)
            self.last = None
        else:
            self.failed(value, c, silent)

    def newline_behind(self, invalid):
        """Does the line with these invalid octets end in what has come?"""
        at, codec = invalid.end, self.input.start()[1]
        while True:
            c = self.input.character(at, codec)
            if c in (WAIT, END):
                return False
            if isinstance(c, Character) and c.text == "\n":
                return True
            at = c.end

    # Reading octets.

    def certain(self):
        if self.input.murky():
            raise Unspecified("octets that belong to no character")

    @operation(silent=st.booleans())
    def read_byte(self, silent):
        self.feed()
        self.certain()
        octets = self.input.octets
        expected = octets[0] if octets else END if self.input.ended else WAIT
        value = outcome(read_byte, self.stream, *self.eof_arguments(silent), timeout=self.limit(expected))
        if octets:
            assert value == expected
            self.input.consume(1)
            self.last = None
            self.buffered()
        else:
            self.failed(value, expected, silent)

    @operation(kind=st.sampled_from(["bytearray", "memoryview", "array", "list"] + ["strings"] * 4),
               before=st.sampled_from([0, 0, 2]), count=st.integers(0, 5), after=st.sampled_from([0, 0, 2]),
               star=st.booleans())
    def read_sequence(self, kind, before, count, after, star):
        self.feed()
        length = before + count + after
        initial = ["."] * length if kind == "strings" else [46] * length
        sequence = {"bytearray": bytearray, "memoryview": lambda x: memoryview(bytearray(x)),
                    "array": lambda x: array.array("B", x)}.get(kind, list)(initial)
        options = {"start": before} if before else {}
        if after:
            options["end"] = before + count
        last, end, consumed, codec = None, None, 0, None
        if kind == "strings":
            found = []
            for c in self.input.characters():
                if len(found) == count:
                    end = None
                    break
                self.indivisible(c)
                if not isinstance(c, Character):
                    end = c
                    break
                if c.unsure:
                    if len(found) == count - 1:
                        raise Unspecified("a carriage return, and part of what follows")
                    end = WAIT
                    break
                found.append(c.text)
                consumed, codec = c.end, c.codec
        else:
            self.certain()
            found = list(self.input.octets[:count])
            consumed = len(found)
            if len(found) < count:
                end = END if self.input.ended else WAIT
        if not count:
            last = False
        operator, arguments = ((read_sequence_star, (self.stream, sequence)) if star
                               else (read_sequence, (sequence, self.stream)))
        value = outcome(operator, *arguments, **options, timeout=self.limit(end))
        if end in (None, END):
            assert value == before + len(found)
            assert list(sequence) == initial[:before] + found + initial[value:]
            if consumed:
                self.input.consume(consumed, codec)
            self.last = last
            self.buffered()
        else:
            self.failed(value, end)
            assert list(sequence[:before]) == initial[:before] and list(sequence[before + count:]) == initial[:after]

    @operation(before=st.sampled_from([0, 2]), count=st.integers(0, 5), after=st.sampled_from([0, 2]))
    def drain_input_buffer(self, before, count, after):
        self.certain()
        initial = b"." * (before + count + after)
        sequence = bytearray(initial)
        buffered = self.buffered()
        copied = min(buffered, count)
        options = {"start": before, "end": before + count} if before or after else {}
        assert drain_input_buffer(self.stream, sequence, **options) == before + copied
        taken = self.input.consume(copied)
        assert sequence == initial[:before] + taken + initial[before + copied:]
        assert self.buffered() == buffered - copied
        self.last = False

    @operation(sure=rarely)
    def clear_input(self, sure):
        if not sure or (self.format.encoding == "utf-16" and not self.input.order):
            return
        clear_input(self.stream)
        self.input.consume(len(self.input.octets))
        self.last = False
        assert self.buffered() == 0

    # Both.

    @operation(encoding=st.sampled_from(PLAIN), eol=st.sampled_from(list(NEWLINES)), policy=policies,
               sure=rarely)
    def change_format(self, encoding, eol, policy, sure):
        if not sure:
            return
        self.certain()
        self.format = self.input.format = Format(encoding, eol, policy)
        set_external_format_of(self.stream, self.format.designator())
        assert external_format_of(self.stream) == external_format(encoding, eol_style=eol, **policy)
        self.last = False
        self.mark_due = False

    # Writing.

    def write(self, operator, *arguments, octets, at_start, mark=False, value=MARKER, **options):
        """Let OPERATOR write OCTETS, and check its VALUE."""
        before = self.pending()
        if before + len(octets) >= self.output_size and self.gone:
            raise Unspecified("what is dropped when the peer is gone")
        whole = self.written + octets
        try:
            result = operator(*arguments, timeout=0 if self.narrowed else self.patience, **options)
        except poll_timeout:
            assert self.narrowed
            received = self.peer_receive()
            count = len(received) + output_buffer_size(self.stream)
            # All that this operator has to write is pending now, or nothing.
            assert count in (len(self.written), len(whole))
            assert whole.startswith(received)
            if count < len(whole):
                del self.written[:len(received)]
                return
            self.written = whole[len(received):]
        else:
            if value is not MARKER:
                assert result == value
            self.written = whole
            count = self.pending()
            # When nothing is added, nothing need be sent.
            assert count <= (self.output_size if octets else before)
            if before + len(octets) < self.output_size:
                assert count == before + len(octets)
        self.at_start = at_start
        if mark:
            self.mark_due, self.mark_pending = False, True
        self.pending()

    def write_text(self, operator, *arguments, text, value=MARKER, **options):
        try:
            octets = self.format.encode(text)
        except UnicodeEncodeError as e:
            before = self.pending()
            with pytest.raises(character_encoding_error) as caught:
                operator(*arguments, **options)
            assert caught.value.character == e.object and isinstance(caught.value, UnicodeError)
            assert stream_error_stream(caught.value) is self.stream
            assert self.pending() == before
            return
        if self.mark_due and not octets:
            raise Unspecified("a mark, and nothing else?")
        # Where it ends in a character that is ignored: who knows?
        at_start = self.at_start if not text else text[-1] == "\n" if self.format.encode(text[-1]) else None
        self.write(operator, *arguments, octets=(codecs.BOM_UTF16 if self.mark_due else b"") + octets,
                   at_start=at_start, mark=self.mark_due, value=value, **options)

    def write_octets(self, operator, *arguments, octets, value=MARKER, **options):
        if self.mark_due:
            raise Unspecified("octets before a mark")
        self.write(operator, *arguments, octets=octets, at_start=None, value=value, **options)

    @operation(octet=st.sampled_from(OCTETS))
    def write_byte(self, octet):
        self.write_octets(write_byte, octet, self.stream, octets=bytes([octet]), value=octet)

    def make_room(self):
        """The system takes only so much before somebody receives it."""
        if len(self.written) > 60_000:
            self.peer_receives()

    @operation(octets=st.sampled_from([100, 3000, 20000]).map(lambda n: (bytes(range(256)) * 80)[:n]))
    def write_much(self, octets):
        self.make_room()
        self.write_octets(write_sequence, octets, self.stream, octets=octets)

    @operation(lines=st.sampled_from([10, 300, 3000]))
    def write_lines(self, lines):
        self.make_room()
        text = "".join(f"{n}\n" for n in range(lines))
        self.write_text(write_string, text, self.stream, text=text)

    @operation(character=st.sampled_from("".join(PIECES)))
    def write_char(self, character):
        self.write_text(write_char, character, self.stream, text=character, value=character)

    @operation(text=texts, before=st.sampled_from(["", "", "€x"]), after=st.sampled_from(["", "", "€x"]),
               line=st.booleans())
    def write_string(self, text, before, after, line):
        string = before + text + after
        options = {"start": len(before)} if before else {}
        if after:
            options["end"] = len(before) + len(text)
        self.write_text(write_line if line else write_string, string, self.stream, value=string,
                        text=text + "\n" if line else text, **options)

    @operation(data=st.one_of(octets, texts, mixtures),
               kind=st.sampled_from(["list", "own"]), before=st.sampled_from([0, 1]), after=st.sampled_from([0, 1]),
               star=st.booleans())
    def write_sequence(self, data, kind, before, after, star):
        options = {"start": before} if before else {}
        if after:
            options["end"] = before + len(data)
        mixed = isinstance(data, list)
        surroundings = "." if isinstance(data, str) else b"." if isinstance(data, bytes) else ["."]
        sequence = surroundings * before + data + surroundings * after
        if kind == "list" or mixed:
            sequence = list(sequence)
        elif isinstance(data, bytes) and before:
            sequence = bytearray(sequence)
        operator, arguments = ((write_sequence_star, (self.stream, sequence)) if star
                               else (write_sequence, (sequence, self.stream)))
        if isinstance(data, str):
            if kind == "list":
                # Of the characters before one that has no octets it is not said if they are written.
                data = "".join(c for c in data if c in "abc \t\n")
                sequence = list("." * before + data + "." * after)
                options.update({"end": before + len(data)} if after else {})
                arguments = (self.stream, sequence) if star else (sequence, self.stream)
            self.write_text(operator, *arguments, text=data, **options)
        else:
            octets = b"".join(self.format.encode(x) if isinstance(x, str) else bytes([x]) for x in data)
            if mixed and self.narrowed:
                raise Unspecified("how much of it is written by the time limit")
            if not octets:
                raise Unspecified("octets or characters?")
            self.write_octets(operator, *arguments, octets=octets, **options)
            if isinstance(data[-1], str):
                self.at_start = data[-1] == "\n"

    @operation()
    def terpri(self):
        self.write_text(terpri, self.stream, text="\n", value=None)

    @operation()
    def fresh_line(self):
        if self.at_start is None:
            if self.narrowed or self.gone:
                raise Unspecified("did it write anything?")
            if fresh_line(self.stream, timeout=self.patience):
                self.written += self.format.encode("\n")
            self.at_start = True
            self.pending()
        elif self.at_start:
            before = self.pending()
            assert not fresh_line(self.stream, timeout=0)
            assert self.pending() == before
        else:
            self.write_text(fresh_line, self.stream, text="\n", value=True)

    @operation()
    def force_output(self):
        before = self.pending()
        if self.gone and before:
            self.hang_up(force_output)
            return
        force_output(self.stream)
        assert self.pending() <= (before if self.narrowed else 0)

    @operation()
    def finish_output(self):
        before = self.pending()
        if self.gone and before:
            self.hang_up(finish_output)
            return
        value = outcome(finish_output, self.stream, timeout=0 if self.narrowed else self.patience)
        if isinstance(value, poll_timeout):
            assert self.narrowed and 0 < self.pending() <= before
        else:
            assert self.pending() == 0

    def hang_up(self, operator):
        """The peer is gone: what is pending is dropped."""
        with pytest.raises(hangup):
            operator(self.stream)
        assert output_buffer_size(self.stream) == 0
        self.written.clear()
        self.at_start = None
        # A mark that was dropped is written once more.
        self.mark_due = self.mark_due or self.mark_pending
        self.mark_pending = False

    @operation(sure=st.sampled_from([False, True]))
    def clear_output(self, sure):
        pending = self.pending()
        if not sure or self.mark_pending or not self.droppable():
            return
        clear_output(self.stream)
        if pending:
            del self.written[len(self.written) - pending:]
            self.at_start = None
        assert self.pending() == 0


class Utf8(StreamMachine):
    pass


class Latin1(StreamMachine):
    encoding = "latin-1"


class Utf16Le(StreamMachine):
    encoding = "utf-16-le"


class Utf16(StreamMachine):
    encoding = "utf-16"


class ShiftJis(StreamMachine):
    encoding = "shift_jis"


class Ascii(StreamMachine):
    encoding = "ascii"


MACHINES = [Utf8, Latin1, Utf16Le, Utf16, ShiftJis, Ascii]


def run_machine(machine, runs):
    run_state_machine_as_test(machine, settings=settings(
        max_examples=runs, stateful_step_count=30, derandomize=True, deadline=None, database=None,
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck)))


@pytest.mark.timeout(60 + RUNS // 10)
@pytest.mark.parametrize("machine", MACHINES)
def test_streams_and_their_model(machine):
    run_machine(machine, max(1, RUNS // len(MACHINES)))


@pytest.mark.parametrize("name", ["read_buffer_size", "read_buffer_empty_p", "write_buffer_size",
                                  "write_buffer_empty_p"])
def test_aliases(name):
    assert getattr(hy_iolib, name) is getattr(hy_iolib, name.replace("read", "input").replace("write", "output"))
