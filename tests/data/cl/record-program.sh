#!/bin/sh
# Record what the programs of programs/ print on SBCL, with iolib-shim.lisp for IOLib: record-program.sh [PROGRAM…],
# each the name of a .lisp file without its suffix; all of them by default. --print only shows it.
export LC_ALL=C.UTF-8
cd "$(dirname "$0")" || exit 1
show=
[ "$1" = --print ] && { show=1; shift; }
[ $# -gt 0 ] || set -- $(cd programs && ls *.lisp | sed 's/\.lisp$//')
for program; do
  form=$(sed -n 's/^;;;; run: //p' "programs/$program.lisp")
  [ -n "$form" ] || { echo "programs/$program.lisp has no line ';;;; run: (package:function)'" >&2; exit 1; }
  timeout 60 sbcl --noinform --non-interactive --no-sysinit --no-userinit \
    --eval '(require :asdf)' \
    --eval '(dolist (s (list :alexandria :bordeaux-threads)) (asdf:load-system s))' \
    --load iolib-shim.lisp --load "programs/$program.lisp" \
    --eval "(progn $form (finish-output))" >"/tmp/$program.$$" 2>"/tmp/$program.$$.err" ||
    { cat "/tmp/$program.$$" "/tmp/$program.$$.err" >&2; exit 1; }
  if [ -n "$show" ]; then cat "/tmp/$program.$$"; else mv "/tmp/$program.$$" "programs/$program.transcript"; fi
  rm -f "/tmp/$program.$$" "/tmp/$program.$$.err"
done
