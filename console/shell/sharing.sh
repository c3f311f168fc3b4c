# Folders of the host inside a running subhost. What is done is done in the mount namespace of its
# supervisor, which still has the host's whole tree and whose LIVE the subhost follows.

# Programs for that namespace. Whoever is root inside may put symlinks anywhere at any time: no
# folder is entered but the one that the kernel then says we are in, and it is acted on from there.
shared_walk='
set -eu
fail() { printf "%s\n" "$1" >&2; exit 1; }
enter() { # NAME: of a folder right here
    [ ! -L "./$1" ] || fail "$at/$1 is a symlink"
    cd -P "./$1"
    at=$at/$1
    [ "$PWD" = "$at" ] || fail "$at is not where it was"
}
source=$1 rest=${3#/} program=$4 option=$5
cd -P -- "$2"
at=$PWD
[ "$at" = "$2" ] || fail "$2 is a symlink"
'
shared_add=$shared_walk'
while [ -n "$rest" ]; do
    part=${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
    [ -d "./$part" ] || [ -L "./$part" ] || mkdir "./$part"
    enter "$part"
done
[ "$(stat -L -c %d:%i "$source")" = "$6" ] ||
    fail "the supervisor does not see what is mounted at $source: it came after the start"
[ . -ef "$source" ] || "$program" $option --bind "$source" .
'
shared_drop=$shared_walk'
while case $rest in */*) : ;; *) false ;; esac; do
    part=${rest%%/*}
    rest=${rest#*/}
    [ -d "./$part" ] || exit 0
    enter "$part"
done
[ ! -L "./$rest" ] || fail "$at/$rest is a symlink"
[ "./$rest" -ef "$source" ] || fail "$at/$rest is not $source"
"$program" $option "./$rest"
'

share() { # HOLDER STARTED FOLDER LIVE INSIDE OPTION
    what=$(stat -L -c %d:%i "$3")
    real mount || :
    pinned "$1" "$2" within m /bin/sh -c "$shared_add" sh "$3" "$4" "$5" "$real" "$6" "$what"
}

take_share() { # HOLDER STARTED FOLDER LIVE INSIDE OPTION PID
    real umount || :
    pinned "$1" "$2" within m /bin/sh -c "$shared_drop" sh "$3" "$4" "$5" "$real" "$6" || {
        name_users "$7" "$5"
        return 1
    }
}

take_back_share() { # ESCAPED and what take_share takes: unless nothing was mounted there
    shared "$2" "$1" || return 0
    shift
    take_share "$@"
}

shared() { # PID ESCAPED: whether it has something mounted there, escaped as mountinfo does
    cut -d' ' -f5 "/proc/$1/mountinfo" 2>/dev/null | grep -Fxqe "$2"
}

not_shared() { # PID ESCAPED
    ! shared "$@"
}

name_users() { # PID INSIDE: of the processes of that subhost, those that use the folder
    for each in /proc/[0-9]*; do
        [ "$each/ns/pid" -ef "/proc/$1/ns/pid" ] || continue
        for link in "$each/cwd" "$each/root" "$each"/fd/*; do
            case $(readlink "$link" 2>/dev/null) in
                "$2" | "$2"/*) ;;
                *) continue ;;
            esac
            comm=
            { read -r comm <"$each/comm"; } 2>/dev/null || :
            warn "process ${each#/proc/} ($comm) uses it"
            break
        done
    done
}
