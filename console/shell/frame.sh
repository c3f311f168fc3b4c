# The frame of every job. What it does goes line by line into the journal beside this file:
# "UPTIME begun", "UPTIME step N", "UPTIME failed N STATUS", "UPTIME undo N", and once
# "UPTIME end done", "end refused WHY", "end undone" or "end left N..." (steps not taken back).
# Its last argument may be "finish" (go on at the step begun last) or "roll-back" (take back all
# that was begun): for a job that was killed. Where it is "back" what ran before runs again, which
# ends a taking back: it is no step of its own, and supervised as what is started else.
unset UNSHARED
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022
set -eu
nl='
'

# Whether there is such a program, in $real, that is not the shell's own under another name; where
# there is none, its name is there.
real() { # PROGRAM
    IFS=:
    for real in $PATH; do
        real=$real/$1
        if [ -x "$real" ] && ! [ "$real" -ef "/proc/$$/exe" ]; then
            unset IFS
            return 0
        fi
    done
    unset IFS
    real=$1
    return 1
}

# busybox may take its own for these, which do less.
if [ "/proc/$$/exe" -ef /bin/busybox ] || [ "/proc/$$/exe" -ef /usr/bin/busybox ]; then
    for each in ip flock mount umount nsenter timeout sha256sum; do
        if real "$each"; then eval "$each() { $real \"\$@\"; }"; fi
    done
fi

here=${0%/*}
at=0 from=1 mode= back=
for mode do :; done
if [ "$mode" = back ]; then mode=private back=yes; fi
name= bad=

tell() {
    read -r up _ </proc/uptime
    printf '%s %s\n' "$up" "$*" >>"$here/journal"
}

refuse() { # WHY: nothing was changed
    trap - EXIT
    tell "end refused $1"
    exit 3
}

step() { # N: whether it is to be done
    at=$1
    [ "$1" -ge "$from" ] || return 1
    [ -n "$back" ] || tell "step $1"
}

take_back() { # whatever goes wrong in there, it comes to a word
    set +eu
    left=
    while [ "$at" -gt 0 ]; do
        tell "undo $at"
        bad=
        undo "$at"
        [ -z "$bad" ] || left="$left $at"
        at=$((at - 1))
    done
    [ -z "$left" ] && tell end undone || tell "end left$left"
}

ended() { # STATUS
    trap - EXIT HUP INT TERM
    if [ "$1" -eq 0 ]; then
        tell end done
        exit 0
    fi
    tell "failed $at $1"
    take_back
    exit 1
}

# One job at a time acts on a subhost, and one process at a time runs a job. Locks end with who
# holds them, killed or not.
alone() { # SUBHOST
    exec 4>>"$here/lock"
    flock -n 4 &
    locking=$!
    trap '[ $? -eq 0 ] || refuse "it could not begin, see what its commands said"' EXIT
    [ -d /run/subdeck/locks ] || mkdir -p -m 700 /run/subdeck /run/subdeck/locks
    exec 5<>"/run/subdeck/locks/$1"
    busy=
    flock -n 5 || busy=yes
    wait "$locking" || { trap - EXIT; echo 'this job is running' >&2; exit 4; }
    if [ -n "$busy" ]; then
        read -r holder <&5 || :
        refuse "busy: $holder"
    fi
    read -r holder <"$here/who" || :
    printf '%s\n' "$holder" >"/run/subdeck/locks/$1"
}

begin() { # SUBHOST BOOT-ID
    name=$1
    if [ "$mode" = private ]; then
        assume
        return
    fi
    exec 7</proc/self/ns/mnt
    alone "$1"
    if [ "$mode" = finish ] || [ "$mode" = roll-back ] && [ -r "$here/journal" ]; then
        while read -r _ word number _; do
            [ "$word" != step ] || at=$number
        done <"$here/journal"
    fi
    if [ "$mode" = roll-back ]; then
        take_back
        trap - EXIT
        exit 0
    fi
    from=$((at > 1 ? at : 1)) at=0
    tell begun
    read -r boot </proc/sys/kernel/random/boot_id
    [ -z "$2" ] || [ "$boot" = "$2" ] || refuse 'the host was booted anew since this was planned'
    watch
}

watch() { # whatever ends this shell but a KILL, what it did is taken back
    trap 'ended $?' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

outside() { # COMMAND...: in the mount namespace of the host
    if [ "$mode" = private ]; then
        nsenter --mount=/proc/self/fd/7 "$@"
    else
        "$@"
    fi
}

free() { # SUBHOST: whether nothing supervises it, of which only its lock tells for certain
    [ ! -e "/run/subdeck/alive/$1" ] || flock -n "/run/subdeck/alive/$1" true
}

same() { # FILE SHA256: whether it still has that content
    found=$(sha256sum <"$1") && [ "${found%% *}" = "$2" ]
}

stat_of() { # PID: leaves in $stat what stands behind its name, which may hold anything
    stat=
    { while read -r part; do stat="$stat $part"; done <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    [ -n "$stat" ]
}

alive() { # PID STARTED: whether that pid is still the process started then (ticks since boot)
    stat_of "$1" || return 1
    set -- "$2" $stat
    [ "$1" = "${21-}" ] && [ "$2" != Z ] && [ "$2" != X ]
}
