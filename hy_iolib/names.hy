"What `python -m hy_iolib names` lists: every public name, in both languages, where it lives, and what
it is."

(import collections [namedtuple])
(import fnmatch [fnmatchcase])
(import inspect os re shutil sys textwrap)
(import hy-iolib [lisp multiplex sockets streams syscalls trivial-sockets])
(import hy-iolib.lisp.constants [documentation])
(import hy-iolib.lisp.packages [python-alias])
(import hy-iolib.lisp.specials [special])
(import hy-iolib.sockets.addresses [following-ipv6])

(export :objects [entries] :macros [])

(setv entry (namedtuple "entry" "name python_name package kind documentation"))

(defn entries []
  "A row for each name, as a list that is sorted by name: the name in Hy; in Python, None of a macro; the
  package; the kind; the documentation."
  (setv found {})
  ;; What two packages have is the second's, as in IOLib.
  (for [package [lisp syscalls multiplex streams sockets]]
    (.update found (dfor e (entries-of package) e.name e)))
  (sorted [#* (.values found) #* (entries-of trivial-sockets)]
          :key (fn [e] #((.strip e.name "*+#") e.package))))

(defn entries-of [package]
  (setv macros package._hy_macros
        public (if (hasattr package "_hy_export_macros") package._hy_export_macros macros)
        names (dict.fromkeys package.__all__)
        ;; An alias is no name of its own.
        aliases (sfor name names (python-alias name)))
  (+ (lfor name names
           :if (not-in name aliases)
           :setv thing (getattr package name)
           :setv name (hy.unmangle name)
           (entry name
                  (or (python-alias name) (hy.mangle name))
                  package.__name__
                  (+ (kind-of thing) (if (in (hy.mangle name) public) ", macro" ""))
                  (or (.get documentation name) (inspect.getdoc thing))))
     (lfor name public
           :if (not-in name names)
           (entry (hy.unmangle name) None package.__name__ "macro" (inspect.getdoc (get macros name))))
     (lfor [name reader] (.items (getattr package "_hy_reader_macros" {}))
           (entry (+ "#" name) None package.__name__ "reader macro" (inspect.getdoc reader)))))

(defn kind-of [thing]
  (cond
    (is (type thing) following-ipv6) "symbol macro"
    (isinstance thing special) "variable"
    (not (callable thing)) "constant"
    (not (isinstance thing type)) "function"
    (issubclass thing BaseException) "condition"
    True "class"))

(defn matching [pattern]
  "The entries one of whose names, in any case of letters, contains PATTERN or, if it is a glob, is like
  it."
  (setv pattern (.replace (.lower pattern) "_" "-")
        like (if (re.search r"[*?[]" pattern) fnmatchcase (fn [name pattern] (in pattern name))))
  (lfor e (entries)
        :if (any (gfor name [e.name (or e.python-name "")] (like (.replace (.lower name) "_" "-") pattern)))
        e))

(defn first-sentence [text]
  (get (re.split r"(?<=[.?!])\s" (.join " " (.split text)) :maxsplit 1) 0))

(defn table [rows width]
  "The texts that show ROWS in columns. WIDTH is the terminal's, or None where each is a line."
  (setv columns (lfor e rows [e.name (or e.python-name "-") e.package e.kind])
        widths (lfor column (zip #* columns) (max (map len column))))
  (for [[e cells] (zip rows columns)]
    (setv head (.join "  " (gfor [cell w] (zip cells widths) (.ljust cell w)))
          text (first-sentence e.documentation))
    (cond
      (is width None) (yield f"{head}  {text}")
      (>= (- width (len head)) 42)
        (yield (filled text width f"{head}  " (+ (len head) 2)))
      True
        (do
          (yield (.rstrip head))
          (yield (filled text width "    " 4))))))

(defn filled [text width head indentation]
  (textwrap.fill text width :initial-indent head :subsequent-indent (* " " indentation)
                            :break-on-hyphens False :break-long-words False))

(defn main [pattern]
  "Print what PATTERN matches; returns the exit status of the process."
  (setv rows (matching pattern))
  (when (not rows)
    (print f"hy_iolib has no name like {pattern !r}" :file sys.stderr)
    (return 1))
  (try
    (for [line (table rows (when (.isatty sys.stdout) (. (shutil.get-terminal-size) columns)))]
      (print line))
    (.flush sys.stdout)
    (except [BrokenPipeError]
      ;; As of `| head`, which has seen enough: Python's own flush at the end must not complain.
      (os.dup2 (os.open os.devnull os.O_WRONLY) (.fileno sys.stdout))))
  0)
