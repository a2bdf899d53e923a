"What programs ask of the system and of the Lisp under them: IOLib's system calls (ISYS), SBCL's
extensions, and the parts of UIOP, Babel, split-sequence and swap-bytes that network programs use."

(import os pathlib signal :as signals socket sys)
(import hy-iolib.cl.arrays [mutable-string])
(import hy-iolib.cl.characters [characters])
(import hy-iolib.cl.classes [name-class])
(import hy-iolib.cl.conses [cons elements lisp-list nil?])
(import hy-iolib.cl.definitions [functions macros])
(import hy-iolib.cl.symbols [key special-of symbol symbol-name])
(import hy-iolib.cl.threads
  [UNGIVEN a-package check-lock check-queue check-semaphore current-thread
   define-variable end-thread exported grab interrupt interrupt-thread-error join
   join-thread-error list-threads mutex release semaphore start-thread thread thread-error timeout
   wait-for-condition waitqueue wake])
(import hy-iolib.lisp.conditions [error])
(import hy-iolib.lisp.handlers [signal-error])
(import hy-iolib.lisp.multiple-values [primary-value values])
(import hy-iolib.syscalls [condition-from])
(eval-when-compile
  (require hy-iolib.cl.alexandria [cl]
           hy-iolib.lisp.conditions [defcondition]
           hy-iolib.cl.definitions [defcl defcl-macro form]))

(export :objects [] :macros [])

(defn names-of-files [x]
  "What the system takes for X, a string or a pathname."
  (if (isinstance x pathlib.PurePath) (str x) (str (cl namestring x))))

(defn text [x]
  (str (cl string x)))

;; ---- System calls

(defn called-system [name fd function]
  "What FUNCTION gives; an OSError of it is signalled as the condition of its errno."
  (try
    (function)
    (except [e OSError]
      (signal-error (condition-from e name fd)))))

(defmacro define-syscalls [#* rows]
  "Of each row, NAME, PARAMETERS and an expression: the function ISYS:NAME. The first parameter, if
  it is `fd`, is what an error is about."
  `(do ~@(gfor [name parameters body] (zip #* (gfor i (range 3) (cut rows i None 3)))
           `(defcl ~(hy.models.Symbol f"iolib/syscalls::{name}") ~parameters
              (called-system ~(str name)
                              ~(if (and parameters (= (get parameters 0) 'fd)) 'fd 'None)
                              (fn [] ~body))))))

(define-syscalls
  getpid      []                    (os.getpid)
  getppid     []                    (os.getppid)
  getuid      []                    (os.getuid)
  geteuid     []                    (os.geteuid)
  getgid      []                    (os.getgid)
  getegid     []                    (os.getegid)
  gethostname []                    (socket.gethostname)
  getcwd      []                    (os.getcwd)
  chdir       [path]                (os.chdir (names-of-files path))
  umask       [mask]                (os.umask mask)
  close       [fd]                  (os.close fd)
  dup         [fd]                  (os.dup fd)
  dup2        [fd new]              (os.dup2 fd new)
  pipe        []                    (values #* (os.pipe))
  open        [path [flags 0] [mode 0o666]] (os.open (names-of-files path) flags mode)
  lseek       [fd offset whence]    (os.lseek fd offset whence)
  unlink      [path]                (os.unlink (names-of-files path))
  mkdir       [path [mode 0o777]]   (os.mkdir (names-of-files path) mode)
  rmdir       [path]                (os.rmdir (names-of-files path))
  kill        [pid signal]          (os.kill pid signal)
  fork        []                    (os.fork)
  waitpid     [pid [options 0]]     (values #* (os.waitpid pid options))
  read        [fd buffer count]     (os.readv fd [(cut (memoryview buffer) 0 count)])
  write       [fd buffer count]     (os.write fd (cut (memoryview (octets-of buffer)) 0 count))
  exit        [[code 0]]            (leave code False)
  fd-open-p   [fd]                  (open-descriptor? fd)
  fd-nonblock-p [fd]                (not (os.get-blocking fd)))

(defn octets-of [sequence]
  (if (isinstance sequence #(bytes bytearray memoryview)) sequence (bytes (list sequence))))

(defn open-descriptor? [fd]
  (try
    (os.fstat fd)
    True
    (except [OSError] False)))

(defcl iolib/syscalls::getenv [name]
  (.get os.environ (text name)))

(defcl iolib/syscalls::setenv [name value [overwrite True]]
  (if (nil? overwrite)
      (.setdefault os.environ (text name) (text value))
      (setv (get os.environ (text name)) (text value)))
  0)

(defcl iolib/syscalls::unsetenv [name]
  (.pop os.environ (text name) None)
  0)

;; Python tries again itself.
(defcl-macro iolib/syscalls::repeat-upon-eintr [#* body]
  (form (progn ~@body)))

(defcl-macro iolib/syscalls::repeat-upon-condition [conditions #* body]
  (setv again (symbol "AGAIN") name (symbol "REPEAT"))
  (form (block ~name
          (tagbody
            ~again
            (handler-case (return-from ~name (progn ~@body))
              ~@(gfor c (elements conditions) (form (~c () (go ~again)))))))))

(setv ISYS (a-package "IOLIB/SYSCALLS" "ISYS" "IOLIB.SYSCALLS"))

(for [name ["O_RDONLY" "O_WRONLY" "O_RDWR" "O_CREAT" "O_EXCL" "O_TRUNC" "O_APPEND" "O_NONBLOCK"
            "SEEK_SET" "SEEK_CUR" "SEEK_END" "WNOHANG"]]
  (define-variable ISYS (.replace name "_" "-") (getattr os name)))
(for [s signals.Signals]
  (define-variable ISYS s.name (int s)))

;; ---- SBCL

(setv SB-EXT (a-package "SB-EXT")
      *posix-argv* (define-variable SB-EXT "*POSIX-ARGV*" (lisp-list sys.argv)))

(defn leave [code abort]
  "End the process. Unless ABORT, cleanup forms of this thread and the main one run before."
  (when abort
    (os._exit code))
  (when (isinstance (. (current-thread) function) (type None))
    (raise (SystemExit code)))
  ;; Only the main thread can end the process.
  (for [t (elements (list-threads))]
    (interrupt t (fn [] (raise (SystemExit code))))
    (break))
  (end-thread))

(defcl sb-ext::exit [* [code None] [abort None] [timeout 60]]
  (setv abort (not (nil? abort)))
  (leave (if (nil? code) (int abort) code) abort))

(defcl sb-ext::quit [* [recklessly-p None] [unix-status 0]]
  (leave unix-status (not (nil? recklessly-p))))

(defcl sb-ext::posix-getenv [name]
  (.get os.environ (text name)))

(defcl sb-ext::posix-environ []
  (lisp-list (gfor [k v] (.items os.environ) f"{k}={v}")))

(defcl sb-ext::gc [* [full None] [gen 0]]
  (import gc)
  (gc.collect)
  None)

(defcl sb-ext::disable-debugger [] None)
(defcl sb-ext::enable-debugger [] None)

(defcl-macro sb-ext::without-package-locks [#* body]
  (form (progn ~@body)))
(defcl-macro sb-ext::defglobal [name value #* documentation]
  (form (defvar ~name ~value ~@documentation)))

(setv (get macros "sb-ext::with-timeout") (get macros "bordeaux-threads::with-timeout"))
(name-class (exported SB-EXT "TIMEOUT") timeout)

(defn encoding-of [x]
  "Python's name of an encoding: a keyword, or a list that begins with one."
  (setv name (cond
               (nil? x) "utf-8"
               (isinstance x cons) (symbol-name x.car)
               True (symbol-name x)))
  (if (= name "DEFAULT") "utf-8" (.lower name)))

(defn encoded [string encoding start end]
  (bytearray (.encode (str (cl subseq string start end)) (encoding-of encoding))))

(defn decoded [octets encoding start end [errors "strict"]]
  (.decode (bytes (octets-of (cl subseq octets start end))) (encoding-of encoding) errors))

(defcl sb-ext::string-to-octets
       [string * [external-format None] [start 0] [end None] [null-terminate None]]
  (+ (encoded string external-format start end) (if (nil? null-terminate) b"" b"\0")))

(defcl sb-ext::octets-to-string [vector * [external-format None] [start 0] [end None]]
  (decoded vector external-format start end))

;; Threads share what they change here; Python has no operation that is atomic by itself.
(setv atomic (mutex "atomic"))
(defcl sys::atomic [] atomic)

(defmacro define-atomic [#* rows]
  "Of each row, NAME, PARAMETERS and template: the macro SB-EXT:NAME, done by one thread at a time."
  `(do ~@(gfor [name parameters template] (zip #* (gfor i (range 3) (cut rows i None 3)))
           `(defcl-macro ~(hy.models.Symbol f"sb-ext::{name}") ~parameters
              (setv old (symbol "OLD"))
              (form (sys::with (sys::atomic) ~template))))))

(define-atomic
  atomic-incf      [place [n 1]]       (prog1 ~place (incf ~place ~n))
  atomic-decf      [place [n 1]]       (prog1 ~place (decf ~place ~n))
  atomic-push      [x place]           (push ~x ~place)
  atomic-pop       [place]             (pop ~place)
  atomic-update    [place function #* arguments]
                   (setf ~place (funcall ~function ~@arguments ~place))
  compare-and-swap [place expected new]
                   (let ((~old ~place))
                     (when (eq ~old ~expected) (setf ~place ~new))
                     ~old))

(name-class (exported (a-package "SB-SYS") "INTERACTIVE-INTERRUPT") KeyboardInterrupt)

(setv SB-POSIX (a-package "SB-POSIX"))
(for [name ["getpid" "getppid" "getuid" "geteuid" "getgid" "getegid" "fork" "kill" "chdir" "getcwd"
            "unlink" "mkdir" "rmdir" "pipe" "dup" "dup2" "close" "open" "waitpid" "setenv"
            "unsetenv" "getenv"]]
  (setv (get functions (+ "sb-posix::" name)) (get functions (+ "iolib/syscalls::" name))))
(setv (get functions "sb-unix::unix-getpid") (get functions "iolib/syscalls::getpid"))

;; ---- SBCL's threads

(setv SB-THREAD (a-package "SB-THREAD"))

(defcl sys::current-thread [] (current-thread))
(setv (get (. (exported SB-THREAD "*CURRENT-THREAD*") info) "symbol-macro")
        (form (sys::current-thread)))

(for [[name cls] [["THREAD" thread] ["MUTEX" mutex] ["WAITQUEUE" waitqueue] ["SEMAPHORE" semaphore]
                  ["THREAD-ERROR" thread-error] ["JOIN-THREAD-ERROR" join-thread-error]
                  ["INTERRUPT-THREAD-ERROR" interrupt-thread-error]]]
  (name-class (exported SB-THREAD name) cls))

(for [name ["thread-name" "thread-alive-p" "interrupt-thread" "thread-yield" "semaphore-p"]]
  (setv (get functions (+ "sb-thread::" name)) (get functions (+ "bordeaux-threads::" name))))

(defcl sb-thread::make-thread [function * [name None] [arguments None] [ephemeral None]]
  (setv arguments (if (or (nil? arguments) (isinstance arguments cons))
                      (list (elements arguments))
                      [arguments]))
  (start-thread (fn [] (function #* arguments)) name))

(defcl sb-thread::join-thread [thread * [default UNGIVEN] [timeout None]]
  (join thread timeout default))

(defcl sb-thread::list-all-threads [] (list-threads))
(defcl sb-thread::main-thread [] (. (list-threads) car))
(defcl sb-thread::main-thread-p [[t None]]
  (is (if (nil? t) (current-thread) t) (. (list-threads) car)))
(defcl sb-thread::thread-error-thread [condition] condition.thread)
(defcl sb-thread::terminate-thread [thread] (interrupt thread end-thread))
(defcl sb-thread::abort-thread [* [allow-exit None]] (end-thread))

(defcl sys::end-thread [value] (end-thread value))
(defcl-macro sb-thread::return-from-thread [values-form #* options]
  (form (sys::end-thread ~values-form)))

(defcl sb-thread::make-mutex [* [name None]] (mutex name))
(defcl sb-thread::mutex-name [mutex] (. (check-lock mutex) name))
(defcl sb-thread::mutex-owner [mutex]
  (setv owner (. (check-lock mutex) owner))
  (when owner
    (next (gfor t (elements (list-threads)) :if (= t.native.ident owner) t) None)))
(defcl sb-thread::holding-mutex-p [mutex]
  (= (. (check-lock mutex) owner) (. (current-thread) native ident)))

(defcl sb-thread::grab-mutex [mutex * [waitp True] [timeout None]]
  (grab (check-lock mutex) (not (nil? waitp)) timeout))
(defcl sb-thread::release-mutex [mutex * [if-not-owner None]]
  (release (check-lock mutex)))

(defcl-macro sb-thread::with-mutex [spec #* body]
  (setv [lock #* options] (elements spec))
  (if options
      (do
        (setv options (dict (zip (map symbol-name (cut options 0 None 2)) (cut options 1 None 2)))
              m (symbol "MUTEX"))
        (form (let ((~m ~lock))
                (when (sys::grab-if ~m ~(.get options "WAIT-P" True) ~(.get options "TIMEOUT"))
                  (unwind-protect (progn ~@body)
                    (sys::release ~m))))))
      (form (sys::with (sys::held ~lock) (progn ~@body)))))

(defcl sys::grab-if [lock wait seconds]
  (grab (check-lock lock) (not (nil? wait)) seconds))

(setv (get macros "sb-thread::with-recursive-lock")
      (get macros "bordeaux-threads::with-recursive-lock-held"))

(defcl sb-thread::make-waitqueue [* [name None]] (waitqueue name))
(defcl sb-thread::condition-wait [queue mutex * [timeout None]]
  (wait-for-condition (check-queue queue) (check-lock mutex) timeout))
(defcl sb-thread::condition-notify [queue [n 1]]
  (wake (. (check-queue queue) sleepers) n))
(defcl sb-thread::condition-broadcast [queue]
  (wake (. (check-queue queue) sleepers) (len queue.sleepers)))

(defcl sb-thread::make-semaphore [* [name None] [count 0]] (semaphore name count))
(defcl sb-thread::semaphore-count [semaphore] (. (check-semaphore semaphore) count))
(defcl sb-thread::semaphore-name [semaphore] (. (check-semaphore semaphore) name))
(defcl sb-thread::signal-semaphore [semaphore [n 1]] (.give (check-semaphore semaphore) n))
(defcl sb-thread::try-semaphore [semaphore [n 1]] (.take (check-semaphore semaphore) n))
(defcl sb-thread::wait-on-semaphore [semaphore * [n 1] [timeout None]]
  (.wait (check-semaphore semaphore) n timeout))

;; ---- UIOP

(setv UIOP (a-package "UIOP")
      arguments (lisp-list (cut sys.argv 1 None)))
(define-variable UIOP "*COMMAND-LINE-ARGUMENTS*" arguments)

(defcl uiop::command-line-arguments []
  (. (special-of (.intern UIOP "*COMMAND-LINE-ARGUMENTS*")) value))
(defcl uiop::raw-command-line-arguments [] *posix-argv*.value)

(setv (get functions "uiop::getenv") (get functions "sb-ext::posix-getenv")
      (get functions "uiop::hostname") (get functions "iolib/syscalls::gethostname"))

(defcl uiop::getenvp [name]
  (or (.get os.environ (text name)) None))

(defcl uiop::quit [[code 0] [finish-output True]]
  (leave code False))

(defcl uiop::die [code control #* arguments]
  (print (cl format None control #* arguments) :file sys.stderr)
  (leave code False))

(defcl uiop::split-string [string * [max None] [separator " \t"]]
  "The parts of STRING between separators; at most MAX of them, the first then being the rest."
  (setv parts [] end (len string)
        s (str string)
        separators (set (if (isinstance separator cons) (elements separator) separator)))
  (when (not s)
    (return None))
  (while True
    (setv at (if (and (not (nil? max)) (>= (+ (len parts) 1) max))
                 -1
                 (next (gfor i (range (- end 1) -1 -1) :if (in (get s i) separators) i) -1)))
    (.append parts (cut s (+ at 1) end))
    (when (< at 0)
      (return (lisp-list (reversed parts))))
    (setv end at)))

(defcl uiop::strcat [#* strings]
  (.join "" (gfor x strings :if (not (nil? x)) (str x))))

(defcl uiop::string-prefix-p [prefix string]
  (.startswith (text string) (text prefix)))
(defcl uiop::string-suffix-p [string suffix]
  (.endswith (text string) (text suffix)))
(defcl uiop::string-enclosed-p [prefix string suffix]
  (and (.startswith (text string) (text prefix)) (.endswith (text string) (text suffix))))

(defcl uiop::first-char [s]
  (if (and (isinstance s #(str mutable-string)) (len s)) (get characters (get s 0)) None))
(defcl uiop::last-char [s]
  (if (and (isinstance s #(str mutable-string)) (len s)) (get characters (get s -1)) None))

(defcl uiop::stripln [x]
  "X without the newline at its end, and that."
  (setv s (text x)
        end (next (gfor e ["\r\n" "\n" "\r"] :if (.endswith s e) e) None))
  (if end (values (cut s 0 (- (len end))) end) (values s None)))

(defcl uiop::emptyp [x]
  (or (nil? x) (and (not (isinstance x cons)) (= (cl length x) 0))))

(defcl uiop::symbol-call [package name #* arguments]
  ((primary-value (cl uiop::find-symbol* name package)) #* arguments))

(defcl uiop::find-symbol* [name package [error True]]
  (setv found (cl find-symbol (text name) package))
  (if (or (not (nil? (get found 1))) (nil? error))
      found
      (cl error "There is no symbol ~S in package ~S" (text name) package)))

(defcl-macro uiop::nest [#* things]
  (setv [#* outer inner] things)
  (for [x (reversed outer)]
    (setv inner (lisp-list [#* (elements x) inner])))
  inner)

(defcl-macro uiop::while-collecting [collectors #* body]
  (setv names (list (elements collectors))
        lists (lfor n names (symbol (symbol-name n)))
        x (symbol "X"))
  (form (let (~@(gfor l lists (form (~l nil))))
          (flet (~@(gfor [n l] (zip names lists) (form (~n (~x) (push ~x ~l) ~x))))
            ~@body)
          (values ~@(gfor l lists (form (nreverse ~l)))))))

(defcl uiop::println [x [stream None]]
  (cl format (if (nil? stream) True stream) "~A~%" x)
  None)

(defcl uiop::finish-outputs [#* streams]
  (for [s streams] (cl finish-output s)))

(defcl uiop::read-file-string [file * [external-format None]]
  (cl alexandria::read-file-into-string file))
(defcl uiop::read-file-lines [file * [external-format None]]
  (lisp-list (.splitlines (str (cl alexandria::read-file-into-string file)))))
(defcl uiop::slurp-stream-string [stream * [stripped None]]
  (cl alexandria::read-stream-content-into-string stream))
(defcl uiop::slurp-stream-lines [stream * [count None]]
  (setv lines (.splitlines (str (cl alexandria::read-stream-content-into-string stream))))
  (lisp-list (cut lines 0 count)))

(defn pathname-of [name directory]
  (cl pathname (+ name (if (and directory (not (.endswith name "/"))) "/" ""))))

(defcl uiop::getcwd [] (pathname-of (os.getcwd) True))
(defcl uiop::temporary-directory []
  (pathname-of (.get os.environ "TMPDIR" "/tmp") True))
(defcl uiop::file-exists-p [x]
  (setv name (names-of-files x))
  (if (os.path.isfile name) (pathname-of name False) None))
(defcl uiop::directory-exists-p [x]
  (setv name (names-of-files x))
  (if (os.path.isdir name) (pathname-of name True) None))
(defcl uiop::delete-file-if-exists [x]
  (setv name (names-of-files x))
  (and (os.path.exists name) (do (os.unlink name) True)))

(setv (get functions "uiop::ensure-list") (get functions "alexandria::ensure-list"))
(setv (get macros "uiop::if-let") (get macros "alexandria::if-let"))

;; ---- Loading systems: the importer decides what stands for them

(defcl-macro asdf::defsystem [name #* options] (form (quote ~name)))
(defcl asdf::load-system [system #* options] True)
(defcl asdf::operate [operation system #* options] True)
(defcl asdf::find-system [system [error-p True]] system)
(setv (get functions "asdf::oos") (get functions "asdf::operate")
      (get functions "asdf::require-system") (get functions "asdf::load-system")
      (get functions "asdf::test-system") (get functions "asdf::load-system"))
(a-package "QUICKLISP-CLIENT" "QL" "QUICKLISP")
(defcl quicklisp-client::quickload [systems #* options]
  (if (isinstance systems cons) systems (lisp-list [systems])))

;; ---- Babel

(setv BABEL (a-package "BABEL"))

(defcl babel::string-to-octets
       [string * [encoding None] [start 0] [end None] [use-bom None] [errorp None]]
  (with-babel-errors encoded string encoding start end))
(defcl babel::octets-to-string [vector * [start 0] [end None] [errorp UNGIVEN] [encoding None]]
  (with-babel-errors decoded vector encoding start end
           (if (nil? (if (is errorp UNGIVEN) (not *suppress-character-coding-errors*.value) errorp))
               "replace"
               "strict")))
(defcl babel::string-size-in-octets [string * [start 0] [end None] [encoding None]]
  (len (encoded string encoding start end)))
(defcl babel::vector-size-in-chars [vector * [start 0] [end None] [encoding None]]
  (len (decoded vector encoding start end)))
(define-variable BABEL "*DEFAULT-CHARACTER-ENCODING*" (key "utf-8"))
(setv *suppress-character-coding-errors* (define-variable BABEL "*SUPPRESS-CHARACTER-CODING-ERRORS*" None))

(defcondition character-coding-error [error UnicodeError]
  "A string is not of an encoding, or octets are not."
  [encoding position]
  f":{(.upper self.encoding)} character starting at position {self.position} is illegal.")
(defclass character-decoding-error [character-coding-error])
(defclass character-encoding-error [character-coding-error])
(for [package [BABEL (a-package "BABEL-ENCODINGS")]
      class [character-coding-error character-decoding-error character-encoding-error]]
  (name-class (exported package (.upper (hy.unmangle class.__name__))) class))

(defn with-babel-errors [f #* arguments]
  "What F gives for ARGUMENTS; what Python has to say of characters is said by babel's conditions."
  (try
    (f #* arguments)
    (except [e UnicodeError]
      (signal-error (if (isinstance e UnicodeDecodeError) character-decoding-error character-encoding-error)
                    :encoding e.encoding :position e.start))))

;; ---- split-sequence

(defn split [fits sequence start end from-end count remove-empty]
  "The parts of SEQUENCE between elements that FITS is true of, and the position where it stopped."
  (setv limit (if (nil? end) (cl length sequence) end)
        parts [] backward (not (nil? from-end)) drop (not (nil? remove-empty))
        wanted (if (nil? count) None count)
        position (if backward limit start))
  (defn boundary [at]
    "Where the part that begins (or, backwards, ends) at AT meets an element that fits, or None."
    (next (gfor i (if backward (range (- at 1) (- start 1) -1) (range at limit))
            :if (not (nil? (primary-value (fits (cl elt sequence i)))))
            i)
          None))
  (while (or (is wanted None) (< (len parts) wanted))
    (setv at (boundary position)
          part (if backward
                   #((if (is at None) start (+ at 1)) position)
                   #(position (if (is at None) limit at))))
    (when (not (and drop (= #* part)))
      (.append parts (cl subseq sequence #* part)))
    (when (is at None)
      (setv position (if backward start limit))
      (break))
    (setv position (if backward at (+ at 1))))
  (values (lisp-list (if backward (reversed parts) parts)) position))

(defcl split-sequence::split-sequence
       [delimiter sequence * [start 0] [end None] [from-end None] [count None]
                             [remove-empty-subseqs None] [test None] [test-not None] [key None]]
  (setv test (if (nil? test) (get functions "eql") test)
        key (if (nil? key) (fn [x] x) key))
  (split (if (nil? test-not)
             (fn [x] (test delimiter (primary-value (key x))))
             (fn [x] (nil? (primary-value (test-not delimiter (primary-value (key x)))))))
         sequence start end from-end count remove-empty-subseqs))

(defcl split-sequence::split-sequence-if
       [predicate sequence * [start 0] [end None] [from-end None] [count None]
                             [remove-empty-subseqs None] [key None]]
  (split (fn [x] (predicate (if (nil? key) x (primary-value (key x)))))
         sequence start end from-end count remove-empty-subseqs))

(defcl split-sequence::split-sequence-if-not
       [predicate sequence * [start 0] [end None] [from-end None] [count None]
                             [remove-empty-subseqs None] [key None]]
  (split (fn [x] (nil? (primary-value (predicate (if (nil? key) x (primary-value (key x)))))))
         sequence start end from-end count remove-empty-subseqs))

;; ---- swap-bytes

(for [[name convert] [["htons" socket.htons] ["ntohs" socket.ntohs]
                      ["htonl" socket.htonl] ["ntohl" socket.ntohl]]]
  (setv (get functions (+ "swap-bytes::" name)) convert))

(defn swapper [size]
  (fn [integer] (int.from-bytes (.to-bytes integer size "little") "big")))
(for [size [2 4 8]]
  (setv (get functions f"swap-bytes::swap-bytes-{(* 8 size)}") (swapper size)))
