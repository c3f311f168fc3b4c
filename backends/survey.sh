# Tells what a plan is made from, and changes nothing. Its words:
#   host TOOL... -- TOOL OPTION TOOL OPTION... -- CONF PID CONF PID...    or    paths PATH...
#   or    stores [PID]    or    places PATH...    or    users MAJOR:MINOR    or    staged FOLDER...
# A record is a line "KEY LENGTH", then so many bytes, then a newline.
cd /

put() { printf '%s %s\n%s\n' "$1" "${#2}" "$2"; }

# A busybox may take its own for a program that is there too, and does more.
has() { # PROGRAM: whether there is one; how it is called is in $program
    IFS=:
    for program in $PATH; do
        program=$program/$1
        if [ -x "$program" ] && ! [ "$program" -ef "/proc/$$/exe" ]; then
            unset IFS
            return 0
        fi
    done
    unset IFS
    program=$1
    command -v "$1" >/dev/null 2>&1
}

for each in stat readlink od head cut cat; do
    has "$each" || { printf '%s: not found\n' "$each" >&2; exit 5; }
done

content() { # KEY FILE: in hexadecimal, as a variable holds no NUL
    [ -f "$2" ] && [ -r "$2" ] || return
    put "$1" "$(od -An -v -tx1 -N 65537 "$2")"
}

kin() { # PID: its stat file; leaves the parent in $parent
    stat=
    { while IFS= read -r part; do stat=${stat:+$stat$nl}$part; done <"/proc/$1/stat"; } 2>/dev/null
    [ -n "$stat" ] || return
    put kin "$stat"
    set -- ${stat##*) }
    parent=$2
}

lineage() { # PID of the first process
    kin "$1" || return
    spaces=$(stat -L -c %i "/proc/$1/ns/net" "/proc/$1/ns/pid" "/proc/$1/ns/mnt" 2>/dev/null) ||
        # One that is dying, but cannot die yet, has lost some of them already.
        spaces=$(for each in net pid mnt; do
            stat -L -c %i "/proc/$1/ns/$each" 2>/dev/null || echo 0
        done)
    put spaces "$spaces"
    [ "$parent" -gt 1 ] && kin "$parent" || return
    [ "$parent" -gt 1 ] || return
    put argv "$(od -An -v -tx1 "/proc/$parent/cmdline" 2>/dev/null)"
    kin "$parent"
}

# Who is in which pid namespace, found out once for all subhosts: their pids in $within_INODE.
crowd() {
    [ -z "$crowd" ] || return 0
    crowd=$(
        exec 2>/dev/null
        some= count=0
        for each in /proc/[0-9]*/ns/pid; do
            some="$some $each" count=$((count + 1))
            [ $count -lt 500 ] || { stat -L -c '%i %n' $some; some= count=0; }
        done
        stat -L -c '%i %n' $some
    )
    while read -r space each; do
        each=${each#/proc/}
        [ -z "$each" ] || eval "within_$space=\"\${within_$space-} ${each%%/*}\""
    done <<CROWD
$crowd
CROWD
}

terminals() { # INODE of the pid namespace
    crowd
    eval "set -- \${within_$1-}"
    for each do
        stat=
        { while IFS= read -r part; do stat=$stat$part\ ; done <"/proc/$each/stat"; } 2>/dev/null
        set -- ${stat##*) }
        case ${5-} in
            0 | '' | *[!0-9-]*) ;;
            *) put terminal "$5 $stat" ;;
        esac
    done
}

option() { # TOOL OPTION
    if [ "$2" = --time ] && [ ! -e /proc/self/ns/time ]; then
        : # the program knows it, this kernel does not
    elif has "$1"; then
        [ "$1" = "$helped" ] || help=$("$program" --help 2>&1 </dev/null)
        helped=$1
        case $help in *"$2"*) put option "$1 $2" ;; esac
    fi
}

host() { # TOOL... -- TOOL OPTION... -- CONF PID...
    IFS= read -r boot </proc/sys/kernel/random/boot_id && put boot "$boot"
    put uid "$(id -u)"
    while read -r key value _; do
        [ "$key" != CapEff: ] || put rights "$value"
    done </proc/self/status
    put machine "$(uname -m 2>/dev/null)"
    content autostart /etc/subhosts.conf
    if [ -n "${SSH_CONNECTION-}" ] && has ip; then
        put way "$("$program" route get "${SSH_CONNECTION%% *}" 2>/dev/null)"
    fi
    while [ "$1" != -- ]; do
        has "$1" && put tool "$1"
        shift
    done
    shift
    helped= crowd=
    while [ "$1" != -- ]; do
        option "$1" "$2"
        shift 2
    done
    shift
    while [ $# -gt 0 ]; do
        put subhost ''
        [ -z "$1" ] || content conf "$1"
        if [ -n "$2" ] && [ -d "/proc/$2" ]; then
            spaces=
            lineage "$2"
            space=${spaces#*"$nl"} space=${space%%"$nl"*}
            case $space in '' | 0) ;; *) terminals "$space" ;; esac
        fi
        shift 2
    done
}

# Follows PATH as the kernel does and remembers all that it leads through: where it ends is $at.
passed() { # PATH: one more
    count=$((count + 1)) length=$((length + ${#1}))
    eval "passed_$count=\$1"
    all="$all \"\$passed_$count\""
}

follow() { # PATH
    rest=$1 at= hops=0
    passed /
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $part in
            '' | .) continue ;;
            ..) at=${at%/*}; continue ;;
        esac
        if [ -L "$at/$part" ]; then
            passed "$at/$part"
            hops=$((hops + 1))
            [ $hops -le 40 ] || return
            target=$(readlink "$at/$part" && echo .) || return
            target=${target%??}
            case $target in /*) at= ;; esac
            rest=$target/$rest
            continue
        fi
        [ -e "$at/$part" ] || return
        at=$at/$part
        passed "$at"
    done
}

path() { # PATH
    put path "$1"
    if [ -L "$1" ]; then found=link
    elif [ -d "$1" ]; then found=folder
    elif [ -f "$1" ]; then found=file
    elif [ -e "$1" ]; then found=other
    else found=missing
    fi
    put found $found
    [ ! -f "$1" ] || [ ! -x "$1" ] || put executable ''
    from=$count
    if follow "$1"; then put real "${at:-/}"; fi
    while [ "$from" -lt "$count" ]; do
        from=$((from + 1))
        eval "put through \"\$passed_$from\""
    done
    [ "$length" -lt 65536 ] || facts
}

facts() { # of all that was led through since the last time, a line each
    eval "set -- $all"
    [ $# = 0 ] || put lines "$(stat -c '%d %u %f' "$@" 2>/dev/null)"
    all= count=0 length=0
}

paths() { # PATH...
    put mounts "$(cut -d' ' -f5 /proc/self/mountinfo)"
    all= count=0 length=0
    for each do path "$each"; done
    facts
}

stores() { # [PID]
    put meminfo "$(cat /proc/meminfo)"
    put swaps "$(cat /proc/swaps 2>/dev/null)"
    put mountinfo "$(head -c 262144 /proc/self/mountinfo)"
    [ -z "${1-}" ] || put inner "$(head -c 262144 "/proc/$1/mountinfo" 2>/dev/null)"
    if [ -e /sys/class/misc/device-mapper ] && has dmsetup; then
        put table "$("$program" table)"
        put status "$("$program" status --noflush)"
        put info "$("$program" info -c --noheadings -o name,uuid,major,minor,open,events)"
    fi
    # busybox's knows no columns: then what a path leads to has to be told by its size.
    has losetup && put held "$("$program" -n -O NAME,BACK-INO,BACK-MAJ:MIN --list 2>/dev/null)"
    for each in /sys/block/loop*/loop; do
        [ -d "$each" ] || continue
        each=${each%/loop}
        put loop "${each##*/}"
        for what in dev size ro loop/backing_file loop/offset loop/sizelimit; do
            IFS= read -r text <"$each/$what" && put "${what##*[/_]}" "$text"
        done
        IFS= read -r file <"$each/loop/backing_file"
        put named "$(stat -L -c '%i %d %s %b' "${file% (deleted)}" 2>/dev/null)"
    done
}

places() { # PATH...
    for each do
        numbers=$(stat -L -c '%d %i' "$each" 2>/dev/null) || continue
        put place "$each"
        put numbers "$numbers"
        put room "$(stat -f -c '%S %b %f %a %c %d' "$each" 2>/dev/null)"
    done
}

# A service is known by the file that holds its pid, named like its init script.
scripts() { # prints PID FILE SCRIPT of each
    for each in /run/*.pid /run/*/*.pid; do
        name=${each##*/}
        name=/etc/init.d/${name%.pid}
        [ -f "$each" ] && [ -x "$name" ] && read -r pid <"$each" || continue
        case $pid in '' | *[!0-9]*) ;; *) printf '%s %s %s\n' "$pid" "$each" "$name" ;; esac
    done
}

users() { # MAJOR:MINOR, as /proc/PID/maps tells them
    has grep || return
    grep=$program services=$(scripts)
    for each in $("$grep" -l "^[^ ]* [^ ]* [^ ]* $1 " /proc/[0-9]*/maps 2>/dev/null); do
        each=${each%/maps}
        [ "${each#/proc/}" != $$ ] && stat=$(cat "$each/stat" 2>/dev/null) || continue
        put user "$stat"
        set -- "$1" ${stat##*) }
        put parent "$(cat "/proc/$3/stat" 2>/dev/null)"
        while read -r pid file script; do
            [ "$pid" != "${each#/proc/}" ] || { put file "$file"; put script "$script"; }
        done <<SERVICES
$services
SERVICES
    done
}

staged() { # FOLDER...: what may be sets of boot images, and what of them waits to be booted
    [ ! -e /kernel ] || put armed "$(head -c 4096 /kernel.cmdline 2>/dev/null)"
    { read -r loaded </sys/kernel/kexec_loaded; } 2>/dev/null && put loaded "$loaded"
    for root do
        put root "$root"
        for each in "$root"/* "$root"/*/*; do
            [ -d "$each" ] && [ ! -L "$each" ] || continue
            case $each in *-[0-9a-f]*) ;; *) continue ;; esac
            taken=$(du -sk "$each" 2>/dev/null)
            put set "$(stat -c %Y "$each") ${taken%%[!0-9]*}$nl$each"
        done
    done
}

case $1 in
    staged) shift; staged "$@" ;;
    stores) stores "${2-}" ;;
    users) users "$2" ;;
    places)
        shift
        places "$@"
        ;;
    host) shift; host "$@" ;;
    paths) shift; paths "$@" ;;
esac
put end ''
