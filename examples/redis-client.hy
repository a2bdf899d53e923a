;; A Redis client: sends commands, prints the replies as redis-cli does.
;;
;;   hy redis-client.hy HOST PORT [COMMAND [ARGUMENT…]]
;;
;; Without a COMMAND it takes commands from its standard input, one a line, quoted as in a shell.
;;
;; It teaches: a protocol of lines and octets, RESP2, read as it comes: read-line for what a reply is
;; and how long, read-sequence for the octets. Errors are conditions. And pipelining: commands are
;; written to the buffer of the stream, and finish-output sends them all; then come as many replies,
;; and there was one round trip to the server. An error among these is in its place, since the commands
;; behind it were carried out.

(require hy-iolib *)
(import hy-iolib *)
(import itertools [islice] os shlex sys)

(setv BATCH 1000  ; commands that are sent at once
      LONGEST (* 512 1024 1024)  ; octets of a string: Redis's own limit
      CHUNK 65536  ; octets in a piece of one: what it takes is what has come, not what is announced
      DEEPEST 32  ; arrays in arrays
      TIMEOUT 30)

(defclass redis-error [error]
  "The server says that a command has failed.")

(defn write-command [arguments socket]
  "Write the command that ARGUMENTS, strings or octets, are."
  (write-sequence (% b"*%d\r\n" (len arguments)) socket)
  (for [argument (map os.fsencode arguments)]
    (write-sequence (% b"$%d\r\n%b\r\n" #((len argument) argument)) socket)))

(defn bad-reply [line]
  (error "a reply begins with ~A" (repr (cut line 100))))

(defn read-integer [line]
  (setv digits (.removeprefix (cut line 1 -1) "-"))
  (when (not (and (.isascii digits) (.isdigit digits) (< (len digits) 20)))
    (bad-reply line))
  (int (cut line 1 None)))

(defn read-length [line depth]
  (setv number (read-integer line))
  (when (not (or (= number -1) (and (<= 0 number LONGEST) (< depth DEEPEST))))
    (error "~A is too much" (cut line -1)))
  number)

(defn read-octets [length socket]
  (setv octets (bytearray))
  (while (setx left (- (+ length 2) (len octets)))
    (setv piece (bytearray (min left CHUNK))
          count (read-sequence piece socket :timeout TIMEOUT))
    (.extend octets (cut piece count))
    (when (< count (len piece))
      (break)))
  (when (!= (cut octets length None) b"\r\n")
    (error "a string is cut, or longer than its length"))
  (bytes (cut octets length)))

(defn read-reply [socket [depth 0]]
  "A status is a str, a string bytes; further int, list, None and redis-error."
  (setv line (read-line socket :timeout TIMEOUT)
        kind (cut line 1))
  ;; At the end of the connection a line ends, too, in the midst of a number perhaps.
  (when (not (.endswith line "\r"))
    (error "a reply is cut, or no RESP: ~A" (repr (cut line 100))))
  (cond
    (= kind "+") (cut line 1 -1)
    (= kind "-") (redis-error (cut line 1 -1))
    (= kind ":") (read-integer line)
    (not-in kind ["$" "*"]) (bad-reply line)
    True (do
           (setv length (read-length line depth))
           (cond
             (= length -1) None
             (= kind "$") (read-octets length socket)
             True (lfor _ (range length) (read-reply socket (+ depth 1)))))))

(defn pipeline [socket commands]
  "A list of the replies to COMMANDS, sent at once; errors are among them, not signalled."
  (for [arguments commands]
    (write-command arguments socket))
  (finish-output socket :timeout TIMEOUT)
  (lfor _ commands (read-reply socket)))

(defn call [socket #* arguments]
  "The reply to the command that ARGUMENTS are."
  (setv [reply] (pipeline socket [arguments]))
  (if (isinstance reply redis-error)
      (error reply)
      reply))

(setv ESCAPES (dfor [c e] (zip "\"\\\n\r\t\a\b" "\"\\nrtab") (ord c) (+ "\\" e)))

(defn quoted [octets]
  (+ "\""
     (.join "" (gfor o octets
                     (or (.get ESCAPES o) (if (<= 32 o 126) (chr o) f"\\x{o :02x}"))))
     "\""))

(defn printable [text]
  "TEXT without what does things to a terminal."
  (.join "" (gfor c text (if (.isprintable c) c "?"))))

(defn shown [reply]
  "The lines that redis-cli prints for REPLY."
  (cond
    (is reply None) ["(nil)"]
    (= reply []) ["(empty array)"]
    (isinstance reply redis-error) [f"(error) {(printable (str reply))}"]
    (isinstance reply int) [f"(integer) {reply}"]
    (isinstance reply bytes) [(quoted reply)]
    (isinstance reply str) [(printable reply)]
    True (do
           (setv width (len (str (len reply))))
           (lfor [i item] (enumerate reply 1)
                 [j line] (enumerate (shown item))
                 (+ (if j (* " " (+ width 2)) f"{i :{width}}) ") line)))))

(defn run-client [host port #* command]
  (with-open-socket [socket :remote-host host
                            :remote-port port
                            :timeout TIMEOUT
                            :nodelay True
                            :max-line-length 65536]
    (if command
        (print #* (shown (call socket #* command)) :sep "\n")
        (do
          (setv commands (filter None (map shlex.split sys.stdin)))
          (while (setx batch (list (islice commands BATCH)))
            (for [reply (pipeline socket batch)]
              (print #* (shown reply) :sep "\n"))))))
  (.flush sys.stdout))

(when (= __name__ "__main__")
  (when (< (len sys.argv) 3)
    (sys.exit "usage: hy redis-client.hy HOST PORT [COMMAND [ARGUMENT…]]"))
  (handler-case
    (run-client #* (cut sys.argv 1 None))
    (redis-error [e] (sys.exit #* (shown e)))
    (error [e]
      (when (isinstance e BrokenPipeError)
        ;; Nobody reads what is left in standard output's buffer; Python would try once more at its end.
        (os.dup2 (os.open os.devnull os.O-WRONLY) 1))
      (sys.exit f"no answer: {e}"))))
