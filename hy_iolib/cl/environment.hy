"Lexical environments: what the names of a form mean where it stands."

(export :objects [] :macros [])

(defclass Scope []
  "A Python function that is being made. NAMES are its local names, `loops` how many loops the form
  that is looked at is in."
  (setv __slots__ #("outer" "unit" "names" "loops" "free" "parameters" "prefix"))
  (defn __init__ [self outer unit]
    (setv self.outer outer self.unit unit self.names (set) self.loops 0
          ;; Variables of outer functions that are used in here.
          self.free (set)
          ;; The parameters' variables, if they are all required and lexical; else None.
          self.parameters None
          ;; What new names begin with, where others stand beside them.
          self.prefix ""))

  (defn taken [self name]
    "Is NAME a name here or in a function outside of this one?"
    (setv s self)
    (while s
      (when (in name s.names) (return True))
      (setv s s.outer))
    False)

  (defn name-for [self base]
    "A new Python name that begins with BASE."
    (setv base (+ self.prefix base) name base n 1)
    (while (.taken self name)
      (setv n (+ n 1)
            name f"{base}_{n}"))
    (.add self.names name)
    name))

(defclass Variable []
  "A lexical variable, or a local function. KIND is what is known of its values."
  (setv __slots__ #("symbol" "name" "scope" "assigned" "captured" "in_loop" "kind" "shape" "used"
                    "function" "known" "stepped" "fresh_string" "changed"))
  (defn __init__ [self symbol name scope [kind None]]
    (setv self.symbol symbol self.name name self.scope scope self.kind kind
          self.assigned False self.captured False self.used False
          self.in-loop (> scope.loops 0)
          ;; Of a local function: its lambda list, once that is known.
          self.shape None self.function None self.known None
          ;; Does a loop over integers set it?
          self.stepped False
          ;; Does it begin with a string that nobody else has, and is a part of that set?
          self.fresh-string False self.changed False))

  (defn [property] fresh [self]
    "Does each round of a loop have one of its own, that closures may keep?"
    (and self.captured self.in-loop))
  (defn [property] boxed [self]
    "Is it kept in a list of one element, which closures share?"
    (and self.captured self.in-loop (or self.assigned self.stepped))))

(defclass Block []
  "A block, a tagbody or whatever else is left from within. `inner` says that another function leaves
  it."
  (setv __slots__ #("symbol" "scope" "used" "inner" "dest" "result" "tail" "breaks" "token" "raises"
                    "values"))
  (defn __init__ [self symbol scope]
    (setv self.symbol symbol self.scope scope self.used False self.inner False self.raises False
          self.breaks False self.token None self.result None self.tail None self.dest None
          ;; The nodes whose values leave it.
          self.values [])))

(defclass Environment []
  "What names mean: variables (a Variable, SPECIAL or a symbol macro's form), functions (a Variable or
  a macro's expander), blocks and tags. One that is extended stays as it was."
  (setv __slots__ #("scope" "variables" "functions" "blocks" "tags"))
  (defn __init__ [self scope [variables None] [functions None] [blocks None] [tags None]]
    (setv self.scope scope self.variables (or variables {}) self.functions (or functions {})
          self.blocks (or blocks {}) self.tags (or tags {})))

  (defn with-variables [self pairs]
    (Environment self.scope {#** self.variables #** (dict pairs)} self.functions self.blocks self.tags))
  (defn with-functions [self pairs]
    (Environment self.scope self.variables {#** self.functions #** (dict pairs)} self.blocks self.tags))
  (defn with-block [self block]
    (Environment self.scope self.variables self.functions {#** self.blocks block.symbol block}
                 self.tags))
  (defn with-tags [self tags]
    (Environment self.scope self.variables self.functions self.blocks {#** self.tags #** tags}))
  (defn in-scope [self scope]
    (Environment scope self.variables self.functions self.blocks self.tags)))

(defclass SymbolMacro []
  (setv __slots__ #("expansion"))
  (defn __init__ [self expansion] (setv self.expansion expansion)))

;; A variable that a declaration says is special.
(setv SPECIAL (object))
