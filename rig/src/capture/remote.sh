# Runs on the agent: captures for $1 seconds what the sysdig filter $2 lets through, sends the files as a tar on stdout,
# and leaves nothing. $3 is the executor that must be there, empty if it is not known. The end of stdin means: stop now,
# so that a capture ends early when its other end does, however that ended. Statuses: see capture/session.rs.
set -u
PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin
command -v sysdig >/dev/null || exit 91
[ -z "$3" ] || [ -d "/proc/$3" ] || exit 92
dir=$(mktemp -d) || exit 93
trap "rm -rf \"$dir\"" EXIT
exec 3<&0
# Four files of a gigabyte at most, compressed.
sysdig -C 1024 -W 4 -z -w "$dir/cap.scap.gz" "$2" </dev/null >/dev/null 2>"$dir/stderr" 3<&- &
sysdig=$!
trap "kill -TERM $sysdig 2>/dev/null; exit 95" HUP INT TERM PIPE
end="kill -TERM $sysdig; sleep 10; kill -KILL $sysdig"
{ cat <&3; eval "$end"; } >/dev/null 2>&1 &
told=$!
{ sleep "$1"; eval "$end"; } >/dev/null 2>&1 3<&- &
timer=$!
wait "$sysdig"
kill "$told" "$timer" 2>/dev/null
cd "$dir" || exit 93
set -- cap.scap.gz*
[ -s "$1" ] || { tail -n 3 stderr >&2; exit 94; }
tar -cf - "$@"
