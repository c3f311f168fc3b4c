# Another LOWER in a configuration, and the way back: of all else there nothing changes, and a file
# is the old one or the new one, whole.

# Puts LINE between the first KEPT lines of FILE and those from FROM on.
edit_line() { # FILE KEPT FROM LINE OLD-SHA256 NEW-SHA256
    new=${1%/*}/.${1##*/}.subdeck
    rm -f "$new"
    ! same "$1" "$6" || return 0
    same "$1" "$5" || fail "$1 was changed meanwhile"
    cp -p "$1" "$here/before"
    cp -p "$1" "$new"
    { head -n "$2" "$1"; printf '%s\n' "$4"; tail -n "+$3" "$1"; } >"$new"
    same "$new" "$6" || { rm -f "$new"; fail "$new could not be written: is the disk full?"; }
    take_place "$new" "$1"
}

# An archive is unpacked under another name until all of it is there.
unpack_tree() { # ARCHIVE SHA256 FOLDER
    [ ! -d "$3" ] || return 0
    same "$1" "$2" || fail "$1 is not what was staged" || return 1
    rm -rf "$3.part"
    fits_unpacked "$1" "${3%/*}" || return 1
    exact=
    case $(tar --help 2>&1) in *numeric-owner*) exact=--numeric-owner ;; esac
    case $(tar --help 2>&1) in *--xattrs-include*) exact="$exact --xattrs --xattrs-include=*" ;; esac
    mkdir -m 755 "$3.part"
    set -f
    if ! tar -x -p $exact -f "$1" -C "$3.part"; then
        rm -rf "$3.part"
        fail "$1 could not be unpacked" || return 1
    fi
    set +f
    sync
    mv "$3.part" "$3"
}

fits_unpacked() { # ARCHIVE FOLDER: whether there is room for all that is in it
    need=$(tar -tvf "$1" | {
        total=0
        while read -r _ _ size _; do
            case $size in '' | *[!0-9]*) size=0 ;; esac
            total=$((total + size + 4096))
        done
        echo "$total"
    }) || return 1
    set -- "$1" "$2" $(stat -f -c '%a %S %t' "$2")
    if [ "$5" != 858458f6 ] && [ $(($3 * $4)) -lt "$need" ]; then
        fail "$2 has no room for the $need bytes that $1 unpacks to"
        return 1
    fi
    case $5 in
        1021994 | 858458f6 | 794c7630)
            affords $((need + 67108864)) ||
                fail "memory has no room for the $need bytes that $1 unpacks to"
            ;;
    esac
}

see_kindred() { # of both tree, partition, folder
    kindred "$@" || fail "$1 cannot be looked at, or its programs are for another machine"
}

drop_empty() { # FOLDER: that was made for it, or was there and empty
    [ ! -d "$1" ] || rmdir "$1" 2>/dev/null || :
}

take_place() { # NEW FILE
    sync "$1" 2>/dev/null || sync
    mv -f "$1" "$2"
}

edit_back() { # FILE OLD-SHA256 NEW-SHA256
    new=${1%/*}/.${1##*/}.subdeck
    rm -f "$new"
    ! same "$1" "$2" || return 0
    same "$1" "$3" && same "$here/before" "$2" || {
        printf '%s was changed meanwhile; what it was is in %s\n' "$1" "$here/before" >&2
        return 1
    }
    cp -p "$here/before" "$new" && same "$new" "$2" && take_place "$new" "$1"
}

# The layer that a configuration names by now, which is one of the two that it may.
lower_now() { # CONF BASE NEW-SHA256 NEW OLD-SHA256 OLD IMAGE IMAGE-SHA256
    if same "$1" "$3"; then
        [ -z "$8" ] || same "$7" "$8" || fail "$7 is not what it was" || return 1
        lower=$4
    elif same "$1" "$5"; then lower=$6
    else fail "$1 was changed meanwhile" || return 1
    fi
    case $lower in
        '!overlay-diskfile '*)
            set -f
            set -- "$2" $lower
            set +f
            base=$1
            shift 2
            lower=$(disk_file "$base" "$@") || return 1
            ;;
        '!'*) base=$2 lower=$(value "$2" "${lower#!}") || return 1 ;;
        *) base=$2 ;;
    esac
    under "$base" "$lower"
}

# What is to answer again: services that say that they run, and ports below those that the kernel
# gives out by itself.
note_answering() { # PID STARTED SERVICE...
    [ ! -e "$here/answering" ] || return 0
    who=$1 since=$2
    shift 2
    {
        listening "$who" | sed 's/^/port /'
        for service do
            ! answers "$who" "$since" service "$service" || printf 'service %s\n' "$service"
        done
    } >"$here/answering.new"
    mv "$here/answering.new" "$here/answering"
}

listening() { # PID: the ports of TCP at which somebody in its network namespace listens
    cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null | while read -r _ local _ state _; do
        [ "$state" = 0A ] || continue
        port=$((0x${local##*:}))
        [ "$port" -ge 32768 ] || echo "$port"
    done | sort -un
}

answers() { # PID STARTED port|service WHAT
    case $3 in
        port) listening "$1" | grep -Fxq "$4" ;;
        service) alive "$1" "$2" && pinned "$1" "$2" service_runs "$4" ;;
    esac
}

service_runs() { # SERVICE
    bound=5 status=0
    within pnium /bin/sh -c '
        if command -v service >/dev/null; then exec service "$1" status; fi
        exec "/etc/init.d/$1" status' sh "$1" >/dev/null 2>&1 || status=$?
    bound=
    return "$status"
}

see_answering() { # SECONDS: whether all that answered before does again by then
    stat_of "$first" && set -- "$1" $stat || fail 'the first process of the subhost has ended'
    since=${21} naps=0
    now
    deadline=$((now + $1 * 100))
    while read -r kind what; do
        until answers "$first" "$since" "$kind" "$what"; do
            now
            [ "$now" -lt "$deadline" ] && alive "$first" "$since" || {
                amiss "$kind $what answered before, and does not now"
                break
            }
            nap
        done
    done <"$here/answering"
}

see_lower() { # LOWER: whether the root of the first process lies on that
    wanted=$(printf '%s\n' "$1" | sed 's/\\/\\134/g; s/ /\\040/g')
    while read -r _ _ _ _ point rest; do
        [ "$point" = / ] || continue
        case ,${rest##* }, in *",lowerdir=$wanted,"*) return 0 ;; esac
    done <"/proc/$first/mountinfo"
    amiss "its root does not lie on $1"
}

amiss() { # WHAT: with the old LOWER again there is no other way back
    [ -z "$back" ] || { warn "$1"; return 0; }
    fail "$1"
}

# Ends a taking back: the subhost runs again as it did before, supervised by this process.
run_again() { # CONF
    [ -z "$bad$left$back" ] || { echo "start $name when that is put right" >&2; return 1; }
    [ "$mode" = private ] || claim || return 1
    withdraw "$1" back
}
