(require hy-iolib.cl * :readers *)
(import hy-iolib.cl *)

;;;; clock.lisp: a daytime server that serves a given number of clients, and its client.
;;;; Common Lisp, for IOLib.

(defpackage :clock
  (:use :common-lisp :iolib)
  (:export :run-clock-server :run-clock-client))

(in-package :clock)

(defparameter *greeting* "It is"
  "What the server says before the time.")

;; The time is a parameter so that a test can fix it.
(defun time-line (&optional (time (get-universal-time)))
  "The line for TIME, a universal time, in UTC."
  (multiple-value-bind (second minute hour day month year)
      (decode-universal-time time 0)
    (format nil "~A ~4,'0D-~2,'0D-~2,'0D ~2,'0D:~2,'0D:~2,'0D"
            *greeting* year month day hour minute second)))

(defun run-clock-server (&key (host "127.0.0.1") (port 0) (clients 1) time on-ready)
  "Serve CLIENTS clients one after the other; call ON-READY with the port once listening.
Returns the number of clients served."
  (let ((served 0))
    (handler-case
        (with-open-socket (server :connect :passive
                                  :address-family :internet
                                  :type :stream
                                  :ipv6 nil
                                  :external-format '(:utf-8 :eol-style :crlf))
          (bind-address server (ensure-address host) :port port :reuse-address t)
          (listen-on server :backlog 5)
          (format t "listening on ~A~%" (local-host server))
          (when on-ready
            (funcall on-ready (local-port server)))
          (loop repeat clients
                do (with-accept-connection (client server :wait 10)
                     (when client
                       (multiple-value-bind (who from) (remote-name client)
                         (declare (ignorable from))
                         (format t "client from ~A~%" who))
                       (write-line (if time (time-line time) (time-line)) client)
                       (finish-output client)
                       (incf served)))))
      ;; Somebody else has the port.
      (socket-address-in-use-error ()
        (format t "address in use~%")))
    (format t "served ~D client~:P~%" served)
    served))

(defun run-clock-client (&key (host "localhost") port)
  (let ((socket (make-socket :connect :active
                             :address-family :internet
                             :type :stream
                             :external-format '(:utf-8 :eol-style :crlf)
                             :ipv6 nil)))
    (unwind-protect
         (progn
           (connect socket (lookup-hostname host) :port port :wait t)
           (let ((line (read-line socket)))
             (format t "~A~%" line)
             line))
      (close socket))))
