# Takes the files of a set over its input, into FOLDER.part, which becomes FOLDER when all are there
# and are what they should be. Its words: FOLDER MODE, of which 700 is for root alone. Each line it
# reads is answered with one word and more, then a line of one dot:
#   take                  busy WHO, or ready
#   have NAME SIZE SHA256    so many bytes of it are there, and whole if nothing is to be done
#   room BYTES            no WHY, or yes
#   file NAME SIZE SHA256    so many bytes of it are there; the rest is to follow without a line,
#                         and then: done, torn, full or other
#   whole                 done
folder=$1 mode=$2 part=$1.part

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

# What lies in memory takes from it, whatever its filesystem promises; an overlay does where its
# upper layer is there.
room() { # BYTES
    set -- "$1" $(stat -f -c '%a %S %t' "$part")
    if [ "$4" != 858458f6 ] && [ $(($2 * $3)) -lt "$1" ]; then
        say "no $part has room for $(($2 * $3)) bytes, and $1 are to come"
        return
    fi
    case $4 in
        1021994 | 858458f6 | 794c7630)
            total=0 available=
            while read -r key value _; do
                case $key in MemTotal:) total=$value ;; MemAvailable:) available=$value ;; esac
            done </proc/meminfo
            reserve=$((total / 20 > 65536 ? total / 20 : 65536))
            if [ -n "$available" ] && [ $(((available - reserve) * 1024)) -lt "$1" ]; then
                say "no $((available * 1024)) bytes of memory are available, of which" \
                    "$((reserve * 1024)) stay in reserve, and $1 are to come"
                return
            fi
            ;;
    esac
    say yes
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
        case $mode in 700) ;; *) chmod 644 "$part/$1" ;; esac
        sync "$part/$1" 2>/dev/null || sync
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

whole() {
    rm -f "$part/.taker"
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
        take | whole | have | room | file) "$@" ;;
        *) exit 1 ;;
    esac
done
