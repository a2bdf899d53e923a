"""The Manual's reference: a Sphinx extension that renders what there is from its docstrings.

    ```{reference} make-socket with-open-socket …
    ```

An entry shows the name and the signature in Hy and in Python. Its target, for links, is its name in either;
wherever a text mentions it in backquotes, in these entries too, that is a link to it.

`:module:` is where the names are, if not in hy_iolib itself. With `:not-called:` classes show no signature:
they are made by something else. `:table:` makes rows of the entries; with `:example:` they are for show, and no
target. `{errnos}` is a table of the conditions of errno.
"""

import dataclasses
import importlib
import inspect
import re
from typing import Any

import hy
import hy_iolib
from docutils import nodes
from docutils.parsers.rst import directives
from pygments.lexer import Lexer
from pygments.lexers import HyLexer
from pygments.token import Error, Generic, Text
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from hy_iolib import syscalls
from hy_iolib.lisp.constants import documentation
from hy_iolib.lisp.packages import python_alias

UNSAID = hy_iolib.sockets.configuration.UNSAID

# Words that mean Python's own things as often as ours; those that are not the parameter of that name.
NOT_LINKED = {"socket"}
NO_PARAMETERS = {"TLS"}


# ---- What there is to say of a name

@dataclasses.dataclass
class Entry:
    name: str  # in Hy
    python: str
    thing: Any  # the function, class or value; None for what is a macro only
    macro: Any  # None for what is no macro
    key: str  # what a link to it says
    ids: list  # targets

    @classmethod
    def named(cls, name, module="hy_iolib"):
        """The entry of a name in Hy; `#name` is a reader macro."""
        home = importlib.import_module(module)
        if name.startswith("#"):
            return cls(name, "", None, home._hy_reader_macros[name[1:]], name, [f"reader-{name[1:]}"])
        python = python_alias(name) or hy.mangle(name)
        thing, macro = getattr(home, python, None), home._hy_macros.get(hy.mangle(name))
        if thing is None and macro is None:
            raise LookupError(f"{module} has no {name}")
        prefix = "" if module == "hy_iolib" else module.rpartition(".")[2].replace("_", "-") + "."
        # Not with the asterisks and plus signs of a name in Hy, which are awkward in a link.
        ids = dict.fromkeys([prefix + hy.unmangle(python), prefix + python])
        return cls(name, python, thing, macro, prefix + name, list(ids))

    @property
    def kind(self):
        thing = self.thing
        if thing is None:
            return "reader macro" if self.name.startswith("#") else "macro"
        if inspect.isclass(thing):
            kind = ("condition" if issubclass(thing, hy_iolib.condition) else
                    "values" if issubclass(thing, hy_iolib.values) and thing is not hy_iolib.values else "class")
        else:
            kind = ("function" if inspect.isroutine(thing) else
                    "special variable" if isinstance(thing, hy_iolib.special) else "constant")
        return kind + ", macro" if self.macro else kind

    @property
    def original(self):
        """The name in Hy of what this is another name of, or None."""
        name = getattr(self.thing, "__name__", self.python)
        return None if name == self.python or self.kind in ("constant", "special variable") else hy.unmangle(name)

    @property
    def own_macro(self):
        """The macro, if it is more than a call of the function that lets keywords stand for themselves."""
        if self.macro and "_hy_compiler" not in inspect.signature(self.macro).parameters:
            return self.macro
        return None

    def parameters(self):
        """Those of the function or constructor, as people see them."""
        if not callable(self.thing) or self.kind in ("condition", "values"):
            return []
        return [p.replace(annotation=inspect.Parameter.empty)
                for p in inspect.signature(self.thing).parameters.values()]

    def documents(self):
        """The docstrings, first what is said of the macro."""
        if self.kind == "special variable" or not (callable(self.thing) or self.macro):
            texts = [documentation.get(self.name) if self.kind == "constant" else self.thing.__doc__]
        else:
            texts = [self.own_macro and self.own_macro.__doc__, self.thing is not None and self.thing.__doc__]
        return [inspect.cleandoc(text) for text in texts if text]


class Shown:
    """A default that is not shown as its repr."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def in_python(default):
    if default is UNSAID:
        return Shown("ipv6.value")
    return Shown(f'"{default}"') if isinstance(default, str) else default


def python_signature(parameters):
    return str(inspect.Signature([
        p if p.default is p.empty else p.replace(default=in_python(p.default)) for p in parameters]))


def in_hy(default):
    if default is UNSAID:
        return "*ipv6*"
    return f":{default}" if isinstance(default, str) else hy.repr(default)


def hy_parameters(parameters):
    """As in a call: optional ones in brackets with their defaults, keyword arguments with theirs."""
    for p in parameters:
        name = hy.unmangle(p.name.rstrip("_"))
        if p.kind is p.VAR_POSITIONAL:
            yield f"{name}…"
        elif p.kind is p.VAR_KEYWORD:
            yield f"#** {name}"
        elif p.kind is p.KEYWORD_ONLY:
            yield f":{name} {name if p.default is p.empty else in_hy(p.default)}"
        else:
            yield name if p.default is p.empty else f"[{name} {in_hy(p.default)}]"


# ---- From docstrings to nodes

def content(text, parameters):
    """The nodes of a docstring: paragraphs, examples, the source."""
    for block in re.split(r"\n\s*\n|\s+(?=Source: )", text):
        # An example may follow a line of text at once.
        lead, example = re.fullmatch(r"(.*?)((?:^(?:=>|>>>) .*)?)", block, re.DOTALL | re.MULTILINE).groups()
        if lead.startswith(" "):
            yield code(inspect.cleandoc(lead), "hy")
        elif lead:
            paragraph = nodes.paragraph("", "", *inline(lead, parameters))
            if lead.startswith("Source:"):
                paragraph["classes"].append("source")
            yield paragraph
        if example:
            yield code(example, "pycon" if example.startswith(">>>") else "hy-examples")


def code(text, language):
    return nodes.literal_block(text, text, language=language)


def inline(text, parameters):
    """Code in backquotes; the names of parameters, which docstrings write in capitals."""
    text = " ".join(text.split())
    for part in re.split(r"(`[^`]+`|\b[A-Z][A-Z0-9-]*\b)", text):
        if part.startswith("`"):
            yield nodes.literal("", part.strip("`"))
        elif part.isupper() and part not in NO_PARAMETERS and hy.mangle(part.lower()) in parameters:
            yield nodes.emphasis("", part)
        elif part:
            yield nodes.Text(part)


def comma_separated(names):
    out = []
    for name in names:
        out += [nodes.Text(", "), name] if out else [name]
    return out


class ExampleLexer(Lexer):
    """Forms behind `=>`, with what they give under them."""

    name = "Examples of Hy"
    aliases = ["hy-examples"]

    def get_tokens_unprocessed(self, text):
        # What Hy's lexer does not know is not wrong.
        hy_lexer, position = HyLexer(ensurenl=False, stripnl=False), 0
        for line in text.splitlines(keepends=True):
            if line.startswith(("=> ", " ")):
                prompt = line[:3]
                yield position, Generic.Prompt, prompt
                for i, kind, value in hy_lexer.get_tokens_unprocessed(line[3:]):
                    yield position + 3 + i, Text if kind is Error else kind, value
            else:
                yield position, Generic.Output, line
            position += len(line)


# ---- The directives

class Reference(SphinxDirective):
    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = {"module": directives.unchanged, "not-called": directives.flag, "table": directives.flag,
                   "example": directives.flag}

    def run(self):
        names = " ".join([*self.arguments, *self.content]).split()
        entries = [Entry.named(name, self.options.get("module", "hy_iolib")) for name in names]
        if "table" in self.options:
            return self.table(["Value", "What it is"],
                              [(e, [literal(shown(e.thing)), self.text(e)]) for e in entries])
        return [node for entry in entries for node in self.entry(entry)]

    def entry(self, entry):
        called = entry.python and (entry.macro or callable(entry.thing) and "not-called" not in self.options
                                   and entry.kind not in ("condition", "values"))
        if called:
            parameters = entry.parameters()
            if entry.own_macro:
                parameters = inspect.signature(entry.macro).parameters.values()
            signatures = [signature("Hy", f"({entry.name}", " ".join(["", *hy_parameters(parameters)]) + ")")]
        else:
            signatures = [signature("Hy", entry.name, "")]
        if entry.thing is not None:
            signatures.append(signature("Python", entry.python,
                                        python_signature(entry.parameters()) if called else ""))
        signatures[0].insert(0, nodes.inline("", entry.kind, classes=["kind"]))
        body = addnodes.desc_content("", *self.facts(entry), *self.text(entry))
        out = addnodes.desc("", *signatures, body, domain="std", objtype="operator", desctype="operator")
        if "example" in self.options:
            return [out]
        signatures[0]["_toc_name"], signatures[0]["_toc_parts"] = entry.name, (entry.key,)
        return [self.target(entry, signatures[0]), out]

    def target(self, entry, node):
        """Make NODE the place of ENTRY; what is to precede it, for the index."""
        node["ids"] = entry.ids
        self.state.document.note_explicit_target(node)
        standard = self.env.domains.standard_domain
        names = list(dict.fromkeys([entry.key, entry.key.removesuffix(entry.name) + entry.python]))
        for name in filter(None, names):
            standard.note_object("operator", name, entry.ids[0], node)
        where = f" ({entry.key.partition('.')[0]})" if entry.key != entry.name else ""
        return addnodes.index(entries=[
            ("single", name + where, entry.ids[0], "", None)
            for name in dict.fromkeys([entry.name, entry.python]) if name])

    def facts(self, entry):
        """What is known without a docstring."""
        if entry.original:
            yield fact("Another name of ", [literal(entry.original)])
        if inspect.isclass(entry.thing) and not entry.original and entry.kind != "values":
            bases = [b for b in entry.thing.__bases__ if b is not object and
                     (not b.__module__.startswith("hy_iolib.") or getattr(hy_iolib, b.__name__, None) is b)]
            if bases:
                yield fact("Bases: ", [literal(hy.unmangle(b.__name__)) for b in bases])
        members = getattr(entry.thing, "slots" if "condition" in entry.kind else "_fields", ())
        if inspect.isclass(entry.thing) and members:
            yield fact("Attributes: ", [nodes.literal("", name, classes=["attribute"]) for name in members])
        if entry.kind == "special variable":
            yield fact("Value: ", [literal(shown(entry.thing.value))])
        if entry.kind == "constant":
            yield fact("Value: ", [literal(shown(entry.thing))])

    def text(self, entry):
        if entry.original:
            return []
        parameters = {p.name.rstrip("_") for p in entry.parameters()}
        if entry.own_macro:
            parameters |= set(inspect.signature(entry.macro).parameters)
        return [node for document in entry.documents() for node in content(document, parameters)]

    def table(self, header, rows):
        """Of each row, the entry and its further cells."""
        header = ["Name", *header]
        body = nodes.tbody()
        for entry, cells in rows:
            names = [nodes.paragraph("", "", literal(name)) for name in dict.fromkeys([entry.name, entry.python])]
            node = row([names, *cells])
            node[0].insert(0, self.target(entry, node))
            body += node
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in header),
                             nodes.thead("", row(map(nodes.Text, header))), body, cols=len(header))
        return [nodes.table("", group, classes=["colwidths-auto"])]


class Errnos(Reference):
    """A table of the conditions of errno."""

    def run(self):
        rows = []
        for condition in errno_conditions():
            entry = Entry.named(hy.unmangle(condition.__name__))
            parents = [b for b in condition.__bases__ if b is not syscalls.syscall_error]
            rows.append((entry, [
                nodes.Text(str(condition.code or "")),
                nodes.inline("", "", *comma_separated(literal(hy.unmangle(b.__name__)) for b in parents)),
                self.text(entry)]))
        return self.table(["errno", "Is also", "What happened"], rows)


def errno_conditions():
    """Those that are rows of the table: an errno, or what a socket's operator makes of it."""
    return [thing for _, thing in sorted(vars(syscalls).items())
            if inspect.isclass(thing) and issubclass(thing, syscalls.syscall_error)
            and thing.error_identifier and thing is not syscalls.socket_closed_error]


def signature(language, name, rest):
    return addnodes.desc_signature(
        "", "", nodes.inline("", language, classes=["language"]), addnodes.desc_name(name, name),
        addnodes.desc_addname(rest, rest), classes=[language.lower()])


def literal(text):
    return nodes.literal("", text)


def fact(lead, names):
    return nodes.paragraph("", "", nodes.Text(lead), *comma_separated(names), nodes.Text("."),
                           classes=["fact"])


def shown(value):
    text = hy.repr(value)
    return text if len(text) < 100 else text[:100] + "…"


def row(cells):
    return nodes.row("", *(
        nodes.entry("", *(cell if isinstance(cell, list) else [nodes.paragraph("", "", cell)]))
        for cell in cells))


# ---- Links

def link_mentions(app, doctree, docname):
    """Names in backquotes are links to their entries."""
    objects = app.env.domains.standard_domain.objects
    for mention in list(doctree.findall(nodes.literal)):
        name = mention.astext()
        place = objects.get(("operator", name))
        if place is None or name in NOT_LINKED or "attribute" in mention["classes"] \
                or within(mention, place[1]):
            continue
        uri = app.builder.get_relative_uri(docname, place[0]) + "#" + place[1]
        mention.replace_self(nodes.reference("", "", mention.deepcopy(), internal=True, refuri=uri))


def within(node, target):
    """Is NODE part of a link or a title, or of the very entry?"""
    while node is not None:
        if isinstance(node, (nodes.reference, nodes.title)) or target in node.get("ids", ()) \
                or isinstance(node, addnodes.desc) and target in node[0]["ids"]:
            return True
        node = node.parent
    return False


def setup(app):
    app.add_object_type("operator", "operator")
    app.add_directive("reference", Reference)
    app.add_directive("errnos", Errnos)
    app.add_lexer("hy-examples", ExampleLexer)
    app.connect("doctree-resolved", link_mentions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
