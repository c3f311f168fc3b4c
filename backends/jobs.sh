# What is done about the jobs of a host, as the first word says. A job is a folder that only root
# may see: its program, about, who, pid (who runs it: pid and start, newest last), journal, log.
jobs=/run/subdeck/jobs
kept=50 # jobs that have ended; beyond that the oldest go
told=100 # jobs that are told of, the newest

fail() { # WHY
    printf '%s\n' "$1" >&2
    exit 1
}

rooted() {
    [ "$(id -u)" = 0 ] || { echo 'jobs are for root alone' >&2; exit 77; }
}

# Begins a job: its first words are where it is, then what it is called with. Who holds its lock
# is not known yet, so it tells its own pid, and then says so to who waits on descriptor 3.
# It leaves the control group of the login, which may be killed when that ends.
begin='
here=$1
shift
cd /
{ echo $$ >/sys/fs/cgroup/cgroup.procs; } 2>/dev/null
read -r stat <"/proc/$$/stat"
ticks() { shift 19; ticks=$1; }
ticks ${stat##*) }
echo "$$ $ticks" >>"$here/pid" || exit
echo begun >&3
exec 3>&-
exec env -i "PATH=$PATH" /bin/sh "$@"
'

# Keeps what a job says, the first of it: /run is memory. Holds nothing else of it.
keep='
here=$1
cd /
(trap "" XFSZ; ulimit -c 0; ulimit -f 2048; exec cat >>"$here/log") 2>/dev/null ||
    printf "\n%s\n" "all after this was dropped" >>"$here/log"
exec cat >/dev/null
'

own() { # FOLDER: root's alone, made if need be
    [ -e "$1" ] || [ -L "$1" ] || mkdir -m 700 "$1" 2>/dev/null ||
        [ -d "$1" ] || fail "$1 cannot be made: is /run full or read-only?"
    [ -d "$1" ] && [ ! -L "$1" ] || fail "$1 is no folder: see who put it there, and remove it"
    owner=$(stat -c %u:%a "$1") || fail "$1 cannot be looked at"
    [ "${owner%:*}" = 0 ] || fail "$1 belongs to user ${owner%:*}, not to root: remove it"
    [ "$owner" = 0:700 ] || chmod 700 "$1"
}

launch() { # ID DIGEST WHO ABOUT NAME PROGRAM [CONF]
    rooted
    for tool in flock setsid stat sha256sum find; do
        command -v "$tool" >/dev/null || fail "$tool is missing there"
    done
    umask 077
    own /run/subdeck
    own "$jobs"
    own /run/subdeck/locks
    own /run/subdeck/alive
    [ ! -e "$jobs/$1" ] || return 0 # it was begun before
    tidy
    here=$jobs/$1 new=$jobs/.new-$1.$$
    read -r stat <"/proc/$$/stat"
    ticks ${stat##*) }
    {
        mkdir "$new" && true >"$new/log" && true >"$new/journal" &&
            printf '%s\n' "$3" >"$new/who" && printf '%s' "$4" >"$new/about" &&
            printf '%s' "$6" >"$new/$5" && echo "$$ $ticks" >"$new/pid" &&
            found=$(sha256sum <"$new/$5") && [ "${found%% *}" = "$2" ]
    } || { rm -rf "$new"; fail "$jobs cannot be written: is /run full?"; }
    mv "$new" "$here" 2>/dev/null
    if [ -e "$new" ] || [ -e "$here/${new##*/}" ]; then # another launch of it came first
        rm -rf "$new" "$here/${new##*/}"
        [ -e "$here" ] || fail "$here cannot be made"
        return 0
    fi
    name=$5
    shift 6
    start "$here/$name" "$@"
}

# Runs on without us. A list with & would have its SIGINT ignored for good; setsid instead forks by
# itself where it is called by who leads a session, as the first one makes sure.
detached() { # COMMAND...
    setsid /bin/sh -c 'exec setsid "$@"' sh "$@"
}

start() { # PROGRAM ARGUMENT...: returns when it runs
    said=$(
        exec 3>&1 >/dev/null
        detached /bin/sh -c "$begin" sh "$here" "$@" </dev/null 2>&1 |
            detached /bin/sh -c "$keep" sh "$here" >/dev/null 2>&1 3>&-
    )
    [ "$said" = begun ] || fail "the job could not be begun: see $here/log"
}

settle() { # ID HOW: the job itself makes sure that it does not run already
    rooted
    known "$1" || fail "no such job"
    life
    [ "$state" = free ] || fail 'it runs'
    read -r up _ </proc/uptime
    printf '%s settle %s\n' "$up" "$2" >>"$here/journal" || fail "$here cannot be written"
    conf=
    while IFS= read -r line; do
        case $line in conf=*) conf=${line#conf=} ;; esac
    done <"$here/about"
    if [ -n "$conf" ]; then
        start "$here/overlay-boot" "$conf" "$2"
    else
        start "$here/job" "$2"
    fi
}

ticks() { # STATE PPID...: of /proc/PID/stat
    shift 19
    ticks=$1
}

runs() { # whether the process does that runs the job in $here
    pid= since=
    while read -r one two; do pid=$one since=$two; done 2>/dev/null <"$here/pid"
    [ -n "$since" ] && { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 1
    case ${stat##*) } in [ZX]*) return 1 ;; esac
    ticks ${stat##*) }
    [ "$ticks" = "$since" ]
}

life() { # $state: whether the job in $here runs: alive, held (by a command it left) or free
    state=alive
    ! runs || return 0
    state=held
    [ -e "$here/lock" ] && ! flock -n -s "$here/lock" true || state=free
}

last_word() { # of the journal in $here, in $word
    word=
    while read -r _ one _; do word=$one; done 2>/dev/null <"$here/journal"
}

ended() { # whether the last line of the journal in $here says so
    last_word
    [ "$word" = end ]
}

confirm() { # ID: that who began it reaches this host, if it waits for that
    rooted
    known "$1" || fail 'no such job'
    last_word
    case $word in
        await) : >"$here/reached" || fail "$here cannot be written" ;;
        end) ;;
        *) echo 'not yet' ;;
    esac
}

tidy() {
    for each in "$jobs"/.new-*; do # of launches that were killed
        [ ! -d "$each" ] || [ -d "/proc/${each##*.}" ] || rm -rf "$each"
    done
    set --
    for here in "$jobs"/*/; do
        here=${here%/}
        ! known "${here##*/}" || ! ended || runs || set -- "$@" "$here"
    done
    while [ $# -ge "$kept" ]; do
        rm -rf "$1"
        shift
    done
}

known() { # ID: whether there is such a job, which is then $here
    case $1 in '' | *[!0-9A-Za-z-]*) return 1 ;; esac
    here=$jobs/$1
    [ ! -L "$here" ] && [ -d "$here" ]
}

seen() { # whether jobs can be looked at; where nothing was ever done there are none
    [ -d /run/subdeck ] || return 1
    rooted
    [ -d "$jobs" ]
}

lines() { # MARK FILE: as it is, each with the mark before it
    [ -f "$2" ] && [ ! -L "$2" ] || return 0
    case $nl$large$nl in *"$nl$2$nl"*) return 0 ;; esac
    while IFS= read -r line || [ -n "$line" ]; do
        printf '%s %s\n' "$1" "$line"
        last=$line
    done <"$2"
}

# One job, line by line. Whether it runs is asked before what it wrote: its end may come between.
tell() {
    if ended; then state=free; else life; fi
    printf 'd %s\ns %s\n' "${here##*/}" "$state"
    lines a "$here/about"
    lines w "$here/who"
    last=
    lines j "$here/journal"
    case $last in
        *' end done' | *' end refused '*) ;;
        *) [ ! -f "$here/log" ] || tail -c 2048 "$here/log" | sed 's/^/o /' ;;
    esac
    echo
}

measure() { # what is too large to be one of ours
    large=$(find "$1" -maxdepth 2 ! -name log -size +16k 2>/dev/null)
    read -r up _ </proc/uptime
    printf 'u %s\n' "$up"
}

list() { # [ID]
    seen || return 0
    if [ $# -gt 0 ]; then
        known "$1" || return 0
        measure "$here"
        tell
        return
    fi
    measure "$jobs"
    set -- "$jobs"/*/
    [ $# -le "$told" ] || shift $(($# - told))
    for each do
        each=${each%/}
        ! known "${each##*/}" || tell
    done
}

output() { # ID
    seen && known "$1" || fail 'no such job'
    [ ! -f "$here/log" ] || tail -c 65536 "$here/log"
}

ending() { # FILE: as it is named, through no symlink at its end
    [ -f "$1" ] && [ ! -L "$1" ] || fail "$1: no such file"
    tail -c 65536 <"$1"
}

# Answers each line it reads: with the job where its journal has changed or it has ended, else
# with "=". Nothing is started for that, and with its input it ends.
follow() { # ID SECONDS: it may be left alone for
    before= limit=$2
    listen news "$1"
}

news() { # ID
    seen && known "$1" || { printf '\n.\n'; return; }
    life
    now=$state$nl
    while IFS= read -r line; do now=$now$line$nl; done 2>/dev/null <"$here/journal"
    if [ "$now" = "$before" ]; then
        printf '=\n.\n'
        return
    fi
    before=$now
    measure "$here"
    tell
    echo .
}

"$@"
