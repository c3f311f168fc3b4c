# Words: PID TICKS SPACE NAME TOKEN TERM LANG COMMAND... Enters the subhost whose first process has
# this pid, started so many ticks after boot, in this pid namespace; pid 0 is the host itself.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
pid=$1 ticks=$2 space=$3 name=$4 token=$5 term=$6 lang=$7
shift 7
refuse() { printf 'subdeck: %s: %s\n' "$name" "$1" >&2; exit 1; }
started() { [ $# -gt 19 ] && shift 19 && echo "$1"; }
if [ "$token" ]; then # tells by whom all that is begun here can be reached
    read -r _ _ _ _ group _ </proc/$$/stat
    echo "$token $group" >&2
fi
if [ $# -eq 0 ]; then
    set -- /bin/sh -c 'for s in /bin/bash /usr/bin/bash; do [ -x $s ] && exec $s -l; done
        exec /bin/sh -l'
fi
if [ "$pid" -eq 0 ]; then
    cd "${HOME:=/}" 2>/dev/null || cd /
    exec env -i PATH="$PATH" TERM="$term" HOME="$HOME" LANG="$lang" \
        /bin/sh -c 'exec "$@"' sh "$@"
fi
[ "$(id -u)" -eq 0 ] || refuse 'a subhost can only be entered by root there (see sudo = true)'
command -v nsenter >/dev/null || refuse 'nsenter is missing there (package util-linux)'
# From in here a process that takes over the pid is out of reach: the folder is the old one's.
cd "/proc/$pid" 2>/dev/null || refuse 'it ended since it was looked at'
stat=
while read -r line; do stat=${line##*)}; done 2>/dev/null <stat
[ "$(started $stat)" = "$ticks" ] || refuse 'it ended since it was looked at'
[ -z "$space" ] || [ "$(readlink ns/pid)" = "pid:[$space]" ] || refuse 'its pid is another one now'
known=$(nsenter --help 2>&1)
more=
for each in cgroup:-C time:-T; do
    case $known in
        *--${each%:*}*) [ ! -e "ns/${each%:*}" ] || more="$more ${each#*:}ns/${each%:*}" ;;
    esac
done
exec env -i PATH="$PATH" TERM="$term" HOME=/root LANG="$lang" \
    nsenter -mns/mnt -nns/net -pns/pid -ins/ipc -uns/uts $more -rroot -wcwd -- "$@"
