# guard-child: runs one program and ends it when whoever started this guard goes away, however that happens.
#
#   sh guard-child.sh SIGNAL KILL_AFTER_S PROGRAM [ARGUMENT…]
#
#   standard input   a pipe held open by our starter: its end (also by SIGKILL of the starter) is the order to stop
#   descriptor 3     gets the program's process id, one line
#
# The program is sent SIGNAL, and SIGKILL when it is still there KILL_AFTER_S seconds later.
# Exits with the program's own code (128 + n for a signal).
stop_signal=$1; kill_after_s=$2; shift 2
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
child=$!
(
  read -r _ <&4
  # From here on the guard waits for us: see the last lines.
  trap '' TERM
  kill -s "$stop_signal" "$child"
  steps=0
  while kill -0 "$child"; do
    steps=$((steps + 1))
    if [ "$steps" -gt $((kill_after_s * 10)) ]; then kill -s KILL "$child"; fi
    sleep 0.1
  done
) 3>&- >/dev/null 2>&1 </dev/null &
watcher=$!
exec 4<&-
echo "$child" >&3
exec 3>&-
wait "$child"; code=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$code"
