# Steps with progress, for the scripts that make things; read by them, never started.

mkdir -p var
steps_log=$PWD/var/setup.log
: >>"$steps_log"
step_child=

say() { printf '%s\n' "$@"; }

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Waits until no other set-up runs in this folder; the lock ends with this process.
one_at_a_time() {
  exec 9>var/setup.lock
  if ! flock --nonblock 9; then
    say "Another set-up is running in this folder: waiting for it."
    flock 9
  fi
  : >"$steps_log"
}

stop_step() {
  trap - INT TERM
  [ -z "$step_child" ] || kill -TERM -- "-$step_child" 2>/dev/null || true
  printf '\nStopped. Start again at any time.\n' >&2
  exit 130
}

# step WHAT COMMAND...: runs COMMAND with its output in var/setup.log and shows WHAT with the seconds it takes.
step() {
  local what=$1 began=$SECONDS status=0
  shift
  [ -t 1 ] || printf '%s ...\n' "$what"
  set -m # a process group of its own, so that stopping it stops all it started
  "$@" </dev/null >>"$steps_log" 2>&1 9>&- &
  step_child=$!
  set +m
  trap stop_step INT TERM
  if [ -t 1 ]; then
    while kill -0 "$step_child" 2>/dev/null; do
      printf '\r%s ... %d s ' "$what" $((SECONDS - began))
      sleep 0.5
    done
    printf '\r'
  fi
  wait "$step_child" || status=$?
  trap - INT TERM
  step_child=
  if [ "$status" -ne 0 ]; then
    printf '%s: failed after %d s. The end of %s:\n\n' "$what" $((SECONDS - began)) "$steps_log" >&2
    tail -n 30 "$steps_log" >&2
    exit 1
  fi
  printf '%s: %d s\n' "$what" $((SECONDS - began))
}
