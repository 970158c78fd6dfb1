#!/bin/sh
# The plain form of `claudio health-check`, for those who want no more than this: restarts the service
# where it does not answer. In a crontab (crontab -e), with the path of this file:
#
#   */5 * * * * "$HOME/claudio/deploy/health-check.sh"
#
# An answer of 503 is no reason to restart: it says what is wrong, and a restart would interrupt turns
# without mending it. A service that was stopped on purpose stays stopped. It is restarted at most once
# in three minutes and three times in all, until it is well again; to begin anew before that, remove
# .last_restart_attempt and .restart_fail_count from the home folder.
#
# Ends with 0 where all is well or the service is stopped, else with 1, and says why: cron mails that.

set -u

home=${CLAUDIO_HOME:-${HOME:?is not set}/.claudio}
last_file=$home/.last_restart_attempt
count_file=$home/.restart_fail_count

say() {
  printf '%s\n' "claudio: $1" >&2
}

# The port as service.env has it; the last one counts, as it does for the service.
port=${PORT:-}
if [ -z "$port" ] && [ -r "$home/service.env" ]; then
  port=$(sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}PORT[[:space:]]*=[[:space:]]*[\"']\{0,1\}\([0-9]\{1,5\}\).*/\2/p" "$home/service.env" | tail -n 1)
fi
port=${port:-8421}

# Prints the status of the answer; fails where there is none.
ask() {
  curl --silent --output /dev/null --noproxy '*' --max-time 10 --write-out '%{http_code}' \
    "http://127.0.0.1:$port/health"
}

# A whole number in a file, else 0.
number_in() {
  number=$(head -c 12 "$1" 2>/dev/null | tr -d '[:space:]')
  case $number in
    '' | *[!0-9]*) number=0 ;;
  esac
  # Without zeros at the front, which would make it octal.
  number=$(printf '%s' "$number" | sed 's/^0*//')
  printf '%s' "${number:-0}"
}

if ! command -v curl >/dev/null 2>&1; then
  say 'curl is not installed.'
  exit 1
fi

status=$(ask) || {
  # One that is just starting gets a second chance.
  sleep "${CLAUDIO_ASK_AGAIN_SECONDS:-5}"
  status=$(ask)
}
case $status in
  200)
    rm -f "$last_file" "$count_file"
    exit 0
    ;;
  503)
    say "the service runs, and something is not well with it. \`claudio status\` tells what."
    exit 1
    ;;
esac

target=gui/$(id -u)/com.claudio.server
case $(uname -s) in
  Darwin)
    if launchctl print "$target" >/dev/null 2>&1; then state=loaded; else state=inactive; fi
    ;;
  *)
    XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
    export XDG_RUNTIME_DIR
    state=$(systemctl --user show claudio.service --property=ActiveState) || state=unknown
    state=${state#ActiveState=}
    ;;
esac
# Stopped on purpose, or not there at all.
[ "$state" = inactive ] && exit 0

now=$(date +%s)
last=$(number_in "$last_file")
count=$(number_in "$count_file")
# A last time that is still to come was noted before the clock was set back.
if [ "$last" -le "$now" ] && [ $((now - last)) -lt 180 ]; then
  say 'the service does not answer. It was restarted less than 3 minutes ago.'
  exit 1
fi
if [ "$count" -ge 3 ]; then
  say "the service does not answer, and $count restarts did not help. \`claudio log\` tells why it ended."
  exit 1
fi
if ! { printf '%s\n' "$now" >"$last_file" && printf '%s\n' "$((count + 1))" >"$count_file"; }; then
  say "the service does not answer, and is not restarted: nothing can be noted in $home."
  exit 1
fi
say "the service does not answer. Restarting it ($((count + 1)) of 3)."
case $state in
  loaded) launchctl kickstart -k "$target" ;;
  failed) systemctl --user restart claudio.service ;;
  *) systemctl --user try-restart claudio.service ;;
esac
exit 1
