# Takes the files of a set over its input, into FOLDER.part, which becomes FOLDER when all are there
# and are what they should be. Its words: FOLDER MODE, of which 700 is for root alone. Each line it
# reads is answered with one word and more, then a line of one dot:
#   take                  busy WHO, or ready
#   have NAME SIZE SHA256    so many bytes of it are there, and whole if nothing is to be done
#   room BYTES            no WHY, or yes
#   file NAME SIZE SHA256    so many bytes of it are there; the rest is to follow without a line,
#                         and then: done, torn, full or other
#   pull NAME SIZE SHA256 URL    it fetches the rest itself: at BYTES again and again, and then
#                         done, torn, full or other; or none WHY, where it got nothing
#   whole                 done
folder=$1 mode=$2 part=$1.part

trap '' PIPE # who says something to nobody has to end what it began

say() { printf '%s\n.\n' "$*"; }

size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }

take() { # by a lock on the folder itself, which ends with who holds it
    case $mode in 700) umask 077 ;; *) umask 022 ;; esac
    mkdir -p "${folder%/*}" && { [ -d "$part" ] || mkdir -m "$mode" "$part"; } ||
        { say "no $part cannot be made"; return; }
    [ ! -L "$part" ] && [ "$(stat -c %u:%a "$part")" = "$(id -u):$mode" ] ||
        { say "no $part is another's: remove it"; return; }
    exec 5<"$part"
    flock -n 5 || usurp || { say "busy $part is being written to"; return; }
    echo "$$" >"$part/.taker" 2>/dev/null || { say "no $part cannot be written to"; return; }
    say ready
}

# Whoever holds it but gets no bytes any more has lost its link, which nobody told it.
usurp() {
    before=$(du -s "$part")
    flock -w 5 5 && return
    [ "$before" = "$(du -s "$part")" ] || return
    read -r taker <"$part/.taker" && [ "/proc/$taker/fd/5" -ef "$part" ] || return
    read -r stat <"/proc/$taker/stat" || return
    set -- ${stat##*) }
    [ "$3" -gt 1 ] && kill -KILL "-$3"
    flock -w 5 5
}

have() { # NAME SIZE SHA256
    if [ -d "$folder" ]; then
        if is "$folder/$1" "$2" "$3"; then say "$2 whole"; else say "other $folder/$1"; fi
        return
    fi
    there=$(size_of "$part/$1")
    if [ "$there" -gt "$2" ] || [ -L "$part/$1" ]; then
        rm -f "$part/$1"
        there=0
    fi
    say "$there"
}

is() { # FILE SIZE SHA256
    [ ! -L "$1" ] && [ "$(size_of "$1")" = "$2" ] && found=$(sha256sum <"$1") &&
        [ "${found%% *}" = "$3" ]
}

# What lies in memory takes from it, whatever its filesystem promises.
room() { # BYTES
    ground
    if [ -n "$free" ] && [ "$free" -lt "$1" ]; then
        say "no $part has room for $free bytes, and $1 are to come"
        return
    fi
    if [ -n "$memory" ]; then
        total=0 available=
        while read -r key value _; do
            case $key in MemTotal:) total=$value ;; MemAvailable:) available=$value ;; esac
        done </proc/meminfo
        reserve=$((total / 20 > 65536 ? total / 20 : 65536))
        if [ -n "$available" ] && [ $(((available - reserve) * 1024)) -lt "$1" ]; then
            say "no $part lies in memory: $((available * 1024)) bytes of that are available," \
                "of which $((reserve * 1024)) stay in reserve, and $1 are to come"
            return
        fi
    fi
    say yes
}

# An overlay has what its upper layer has, and a snapshot what its store has. Where those cannot be
# seen from here, they are taken to be in memory, as those of live systems are.
ground() { # leaves in $free the bytes free for $part, if it is known; $memory is set if they are
    place=$part memory=
    set -- $(stat -f -c '%a %S %t' "$place")
    if [ "$3" = 794c7630 ] && upper; then
        set -- $(stat -f -c '%a %S %t' "$place")
    fi
    free=$(($1 * $2))
    case $3 in
        1021994 | 794c7630) memory=yes ;;
        858458f6) free= memory=yes ;;
        *) snapshot ;;
    esac
}

upper() { # whether it is seen where an overlay keeps $part: that is the $place then
    point= options=
    while read -r _ _ _ _ at _ rest; do
        case " $rest" in *' - overlay '*) ;; *) continue ;; esac
        at=${at%/}
        case $part in
            "$at"/*) [ ${#at} -lt ${#point} ] || { point=$at options=,${rest##* }; } ;;
        esac
    done </proc/self/mountinfo
    case $options in *,upperdir=*) ;; *) return 1 ;; esac
    at=${options#*,upperdir=}
    at=${at%%,*}${part#"$point"}
    read -r taker 2>/dev/null <"$at/.taker" && [ "$taker" = $$ ] && place=$at
}

snapshot() { # lowers $free to what the store of a snapshot has left, if $place is in one
    number=$(stat -c %d "$place")
    number=$((number >> 8 & 4095)):$((number & 255 | number >> 12 & 1048320))
    device=/sys/dev/block/$number
    read -r name 2>/dev/null <"$device/dm/name" || return
    set -- $(dmsetup status "$name" 2>/dev/null)
    case "${3-} ${4-}" in
        'snapshot '*/*)
            left=$(((${4#*/} - ${4%/*}) * 512))
            [ "$left" -ge "$free" ] || free=$left
            ;;
        *) return ;;
    esac
    for each in "$device"/slaves/loop*; do
        read -r fixed 2>/dev/null <"$each/ro" && [ "$fixed" = 0 ] || continue
        IFS= read -r file <"$each/loop/backing_file"
        case $(stat -f -c %t "$file" 2>/dev/null) in '' | 1021994 | 858458f6) memory=yes ;; esac
    done
}

file() { # NAME SIZE SHA256, then its bytes from where it ends by now
    case $1 in */*) mkdir -p "$part/${1%/*}" ;; esac
    have=$(size_of "$part/$1")
    say "$have"
    found=$(
        {
            [ "$have" = 0 ] || head -c "$have" "$part/$1"
            head -c "$(($2 - have))" | tee -a "$part/$1" 2>/dev/null
        } | sha256sum
    )
    there=$(size_of "$part/$1")
    if [ "${found%% *}" = "$3" ] && [ "$there" = "$2" ]; then
        keep "$part/$1"
        say 'done'
    elif [ "${found%% *}" = "$3" ]; then # it came, but was not all kept
        rm -f "$part/$1"
        say full
    elif [ "$there" = "$2" ]; then
        rm -f "$part/$1"
        say other
    else
        say torn
    fi
}

keep() { # FILE
    case $mode in 700) ;; *) chmod 644 "$1" ;; esac
    sync "$1" 2>/dev/null || sync
}

# What it fetches by itself it hashes when all of it is there.
pull() { # NAME SIZE SHA256 URL
    case $1 in */*) mkdir -p "$part/${1%/*}" ;; esac
    into=$part/$1
    by=$(fetcher) || { say 'none neither curl nor wget is there'; return; }
    begun=$(size_of "$into")
    "$by" "$4" "$into" "$begun" </dev/null >/dev/null 2>"$part/.said" 5<&- &
    status=0
    watch "$!" "$2" || status=$?
    have=$(size_of "$into")
    case $status:$(cat "$part/.said") in 23:* | *'No space left'* | *'short write'*) have=full ;; esac
    if [ "$have" = full ]; then
        rm -f "$into"
        say full
    elif [ "$have" -ge "$2" ]; then
        if is "$into" "$2" "$3"; then keep "$into"; say 'done'; else rm -f "$into"; say other; fi
    elif [ "$have" -gt "$begun" ]; then
        say torn
    else
        [ "$status" != 33 ] || rm -f "$into" # its server gives no parts, but may give all of it
        why=$(tail -n 1 "$part/.said")
        [ "$status" = 33 ] && say torn || say "none ${why:-nothing came}"
    fi
}

watch() { # PID SIZE: tells how far it is; ends it when nothing comes any more, or too much
    seen=0 still=0
    while kill -0 "$1" 2>/dev/null; do
        have=$(size_of "$into")
        still=$((still + 1))
        [ "$have" = "$seen" ] || still=0
        seen=$have
        if [ "$have" -gt "$2" ] || [ $still -gt 150 ] || ! say "at $have" 2>/dev/null; then
            kill "$1"
            break
        fi
        sleep 0.2 2>/dev/null || sleep 1
    done
    wait "$1" 2>/dev/null
}

fetcher() { # prints which there is
    if command -v curl >/dev/null 2>&1; then
        echo by_curl
    else
        case $(wget --version 2>/dev/null </dev/null) in
            *'GNU Wget'*) echo by_wget ;;
            *) (wget_here --help) >/dev/null 2>&1 && echo by_busybox ;;
        esac
    fi
}

wget_here() { # in a shell of its own, which becomes that program
    if command -v wget >/dev/null 2>&1; then exec wget "$@"; else exec busybox wget "$@"; fi
}

# No settings of whoever logs in, no proxy, no redirect: what is asked for is what was named.
by_curl() { # URL FILE FROM
    exec curl -q -fsS --noproxy '*' -C "$3" -o "$2" "$1"
}

by_wget() {
    exec wget --no-config -nv --no-proxy --max-redirect=0 -t 1 --start-pos="$3" -O - "$1" >>"$2"
}

by_busybox() {
    wget_here -q -Y off -c -O "$2" "$1"
}

whole() {
    rm -f "$part/.taker" "$part/.said"
    if [ -d "$folder" ]; then
        rmdir "$part"
    else
        mv "$part" "$folder" || { say "no $folder cannot be made"; return; }
        sync "${folder%/*}" 2>/dev/null || sync
    fi
    say 'done'
}

while IFS= read -r line; do
    set -f
    set -- $line
    set +f
    case ${1-} in
        take | whole | have | room | file | pull) "$@" ;;
        *) exit 1 ;;
    esac
done
