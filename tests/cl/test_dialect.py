"""A file of Hy that is in Common Lisp (dialect_forms.hy), as Python sees it."""

import sys

import hy
import pytest

import dialect_forms as forms
from hy_iolib.cl.symbols import cl_symbol


def test_definitions():
    assert forms.classify("") == "string"
    assert forms.classify(None) == ("none", cl_symbol("list"), 1, None)
    assert forms.classify(None, 5, **{"as": 7, "times": 2}) == (5, 7, 2, True)
    assert forms.classify(0) == "zero"
    assert forms.classify.__doc__ == "What X is."
    assert forms.make_point(y=2).y == 2
    assert forms.area(forms.square(side=3)) == 9
    assert forms.DOZEN == 12
    assert forms.report() == "odd: this"


def test_backquote_characters_and_dots():
    from hy_iolib.cl.conses import new_cons
    assert repr(forms.classify(new_cons(1, 2))) == "(TEST-DIALECT::PAIR 1 . 2)"
    assert repr(forms.letters.value) == "(#\\a #\\  #\\( . #\\b)"


def test_closures_have_bindings_of_their_own():
    assert forms.counters() == [2, 3, 4]


def test_exits_from_inner_functions():
    assert forms.find_first(lambda x: x > 1, [1, 2, 3]) == 2
    assert forms.find_first(lambda x: None, [1, 2, 3]) == "nothing"


def test_specials():
    assert forms.depth_inside() == 3
    assert forms.depth.value == 0
    with forms.depth.let(5):
        assert forms.depth_inside() == 8


def test_at_top_level():
    first, *others = forms.here.value
    assert (list(first), others) == ([1, 2], ["true", None])


def test_operators_in_functions_of_hy():
    assert forms.lengths(["a", "bc"]) == 3
    assert forms.summed(3) == 12
    assert [forms.chosen(x) for x in (1, "x", (1, 2))] == ["one", "no list", 2]


@pytest.mark.parametrize("form, said", [
    ("(defun f (5) 1)", "5 is no variable"),
    ("(let ((x)) (go y))", "no such tag"),
    ("(defun f () (with-package-iterator (x) 1))", "not supported"),
])
def test_a_mistake_is_a_syntax_error_of_hy(form, said):
    with pytest.raises(SyntaxError, match=said):
        hy.eval(hy.read(form), module=sys.modules["dialect_forms"])
