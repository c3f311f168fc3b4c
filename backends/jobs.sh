# What is done about the jobs of a host, as the first word says. A job is a folder that only root
# may see: its program, about, who, pid (who runs it: pid and start, newest last), journal, log.
jobs=/run/subdeck/jobs
kept=50 # jobs that have ended; beyond that the oldest go
told=100 # jobs that are told of, the newest

fail() { # WHY
    printf '%s\n' "$1" >&2
    exit 1
}

root=
rooted() {
    [ -n "$root" ] || [ "$(id -u)" = 0 ] || { echo 'jobs are for root alone' >&2; exit 77; }
    root=yes
}

# Begins a job: its first words are where it is, then what it is called with. Who holds its lock
# is not known yet, so it tells its own pid, and then its id to who waits on descriptor 3.
begin='
here=$1
shift
cd /
read -r stat <"/proc/$$/stat"
ticks() { shift 19; ticks=$1; }
ticks ${stat##*) }
echo "$$ $ticks" >>"$here/pid" || exit
echo "${here##*/}" >&3
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

leave() { # the control group of the login, which may be killed with all in it when that ends
    [ ! -e /sys/fs/cgroup/cgroup.controllers ] || { echo $$ >/sys/fs/cgroup/cgroup.procs; } 2>/dev/null
}

# Begins different jobs, each told by seven words: ID DIGEST WHO ABOUT NAME PROGRAM CONF. Says of each in
# turn "ID", or "ID WHY" where it could not be begun; one that was begun before is left alone.
launch() { # WORD...
    rooted
    for tool in flock setsid stat sha256sum find; do
        command -v "$tool" >/dev/null || fail "$tool is missing there"
    done
    umask 077
    own /run/subdeck
    own "$jobs"
    own /run/subdeck/locks
    own /run/subdeck/alive
    tidy
    new=$jobs/.new-$1.$$ folders= sums=
    read -r stat <"/proc/$$/stat"
    ticks ${stat##*) }
    lack "$@"
    if [ -n "$folders" ]; then
        { mkdir "$new" $folders && fill "$@" && printf %s "$sums" | sha256sum -c; } >/dev/null 2>&1 ||
            { rm -rf "$new"; fail "$jobs cannot be written: is /run full?"; }
        mv $folders "$jobs" 2>/dev/null # another launch of one of them may have come first
    fi
    leave
    said=$(exec 3>&1 >/dev/null; begin_all "$@")
    report "$@"
    rm -rf "$new"
}

lack() { # WORD...: in $folders those that are to be made
    while [ $# -gt 0 ]; do
        [ -e "$jobs/$1" ] || folders="$folders $new/$1"
        shift 7
    done
}

fill() { # WORD...: the folders made; in $sums what their programs are to be
    while [ $# -gt 0 ]; do
        here=$new/$1
        if [ -d "$here" ]; then
            true >"$here/log" && true >"$here/journal" &&
                printf '%s\n' "$3" >"$here/who" && printf %s "$4" >"$here/about" &&
                printf %s "$6" >"$here/$5" && echo "$$ $ticks" >"$here/pid" || return
            sums="$sums$2  $here/$5$nl"
        fi
        shift 7
    done
}

mine() { # ID: whether it is this launch that made its folder
    case " $folders " in *" $new/$1 "*) [ ! -e "$new/$1" ] ;; *) false ;; esac
}

begin_all() { # WORD...: those that are ours
    while [ $# -gt 0 ]; do
        here=$jobs/$1
        ! mine "$1" || run "$here/$5" ${7:+"$7"}
        shift 7
    done
}

report() { # WORD...
    while [ $# -gt 0 ]; do
        case $nl$said$nl in
            *"$nl$1$nl"*) echo "$1" ;;
            *)
                if mine "$1"; then
                    echo "$1 the job could not be begun: see $jobs/$1/log"
                elif [ -e "$jobs/$1" ]; then
                    echo "$1"
                else
                    echo "$1 $jobs/$1 cannot be made"
                fi
                ;;
        esac
        shift 7
    done
}

# Runs on without us. A list with & would have its SIGINT ignored for good; setsid instead forks by
# itself where it is called by who leads a session, as the first one makes sure.
run() { # PROGRAM ARGUMENT...
    setsid setsid /bin/sh -c "$begin" sh "$here" "$@" </dev/null 2>&1 |
        setsid setsid /bin/sh -c "$keep" sh "$here" >/dev/null 2>&1 3>&-
}

start() { # PROGRAM ARGUMENT...: returns when it runs
    leave
    said=$(exec 3>&1 >/dev/null; run "$@")
    [ "$said" = "${here##*/}" ] || fail "the job could not be begun: see $here/log"
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
    set -- "$jobs"/*/
    [ $# -ge "$kept" ] || return 0
    over=
    for here do
        here=${here%/}
        ! known "${here##*/}" || ! ended || runs || over="$over $here"
    done
    set -- $over
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
        *) [ ! -s "$here/log" ] || tail -c 2048 "$here/log" | sed 's/^/o /' ;;
    esac
    echo
}

measure() { # FOLDER...: what is too large to be one of ours
    large=$(find "$@" -maxdepth 2 ! -name log -size +16k 2>/dev/null)
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

# Answers each line of ids it reads: with those jobs whose journal has changed or that have ended,
# and those with a + before their id, else with "=". Nothing is started for that where nothing has
# changed, and with its input it ends.
follow() { # SECONDS: it may be left alone for
    limit=$1
    listen news
}

news() {
    told= strange=
    for each in $line; do
        new "$each"
    done
    [ -z "$told" ] || measure $told
    for here in $told; do
        tell
    done
    [ -n "$told$strange" ] || echo =
    echo .
}

new() { # ID or +ID: into $told where there is anything to tell of it
    if ! seen || ! known "${1#+}"; then
        strange=yes
        printf 'n %s\n' "${1#+}"
        return
    fi
    now= word=
    while read -r up one rest; do
        word=$one now="$now$up $one $rest$nl"
    done 2>/dev/null <"$here/journal"
    state=free
    [ "$word" = end ] || life
    now=$state$nl$now
    key=${here##*/}
    while :; do
        case $key in *-*) key=${key%%-*}_${key#*-} ;; *) break ;; esac
    done
    case $1 in +*) before= ;; *) eval "before=\${known_$key-}" ;; esac
    [ "$now" != "$before" ] || return
    eval "known_$key=\$now"
    told="$told $here"
}

"$@"
