;;;; chat.hy: a multiplexed chat server. Each line that a client sends goes to all the others.
;;;;   /nick NAME   take a name         /who    list the names, sorted
;;;;   /quit        leave               /stop   stop the server
;;;; A program in Common Lisp for IOLib, tests/data/cl-samples/chat.lisp, moved to Hy by hand.
;;;; It is faithful, also in this: read-line and finish-output in a handler wait, for the rest of a line and
;;;; for who does not read, and everybody waits with them. In ../chat-server.hy nobody waits.

(require hy-iolib *)
(import hy-iolib *)

(export :objects [run-chat])

(defspecial *event-base* None)
(defspecial *members* None "Socket -> member, of those who are in.")
(defspecial *guest-counter* 0)

(defclass member-of-chat []
  (defn __init__ [self socket [name "?"]]
    (setv self.socket socket
          self.name name
          self.lines 0)))

(defmacro with-hangups-ignored [#* body]
  "Run BODY; a peer that is gone is no error."
  `(handler-case (do ~@body)
     (hangup [] :gone)
     (socket-connection-reset-error [] :gone)))

(defn members []
  (sorted (.values *members*.value) :key (fn [member] member.name)))

(defn say [member control #* args]
  (setv socket member.socket)
  (with-hangups-ignored
    (format socket control #* args)
    (terpri socket)
    (finish-output socket)))

(defn say-to-others [speaker control #* args]
  (for [member (members)]
    (when (is-not member speaker)
      (say member control #* args))))

(defn leave [member [why "left"]]
  (setv socket member.socket
        fd (socket-os-fd socket))
  ;; Not (when fd …): 0 is a descriptor, and false.
  (when (is-not fd None)
    (remove-fd-handlers *event-base*.value fd)
    (del (get *members*.value socket))
    (close socket :abort True)
    (say-to-others member "* ~A ~A after ~D line~A" member.name why
                   member.lines (if (= member.lines 1) "" "s"))))

(defn split-command [line]
  "\"/nick bob\" -> \"/nick\", \"bob\"."
  (setv [command space argument] (.partition line " "))
  (if space
      (values command (.strip argument " "))
      (values line None)))

(defn obey [member line]
  (multiple-value-bind (command argument) (split-command line)
    (cond
      (= command "/nick")
        ;; None and "" are both false.
        (if (not argument)
            (say member "! a name, please")
            (do
              (setv old member.name
                    member.name argument)
              (say-to-others None "* ~A is now ~A" old argument)))
      (= command "/who")
        (say member "* ~A" (.join ", " (gfor m (members) m.name)))
      (= (.lower command) "/quit")
        (leave member)
      (= (.lower command) "/stop")
        (exit-event-loop *event-base*.value)
      True
        (say member "! what is ~A?" command))))

(defn make-reader [member]
  (setv socket member.socket)
  (fn [fd event exception]
    (if (= exception :timeout)
        (leave member "fell asleep")
        (handler-case
          ;; There may be more than one line in the buffer: one event for all of them.
          (while True
            (setv line (read-line socket))
            (cond
              (= line "") None
              (= (get line 0) "/") (obey member line)
              True (do
                     (+= member.lines 1)
                     (say-to-others member "~A: ~A" member.name line)))
            (when (not (and (is-not (socket-os-fd socket) None) (listen socket)))
              (break)))
          (end-of-file [] (leave member))
          (socket-connection-reset-error [] (leave member "was cut off"))))))

(defn make-listener [server]
  (fn [fd event exception]
    (setv socket (accept-connection server :wait None))
    (when socket
      (+= *guest-counter*.value 1)
      (setv member (member-of-chat socket :name f"guest{*guest-counter*.value}"))
      (setv (get *members*.value socket) member)
      (say member "* welcome, ~A" member.name)
      (say-to-others member "* ~A joined" member.name)
      (set-io-handler *event-base*.value (socket-os-fd socket) :read (make-reader member)
                      :timeout 60))))

(defn run-chat [* [host +ipv4-loopback+] [port 0] [timeout 60] [on-ready None]]
  (special-let [*event-base* (event-base)
                *members* {}
                *guest-counter* 0]
    (unwind-protect
      (with-open-socket (server :connect :passive :address-family :internet :type :stream
                                :ipv6 None :local-host host :local-port port :backlog 16
                                :external-format '(:utf-8 :eol-style :crlf))
        (set-io-handler *event-base*.value (socket-os-fd server) :read (make-listener server))
        (when on-ready
          (on-ready (local-port server)))
        (event-dispatch *event-base*.value :timeout timeout))
      (for [member (members)]
        (ignore-errors (close member.socket :abort True)))
      (close *event-base*.value)))
  (format True "stopped~%")
  True)
