# How another boot image takes the place of the one that runs. What is used is looked at once more
# right before, and what is to be armed is armed by one rename.

is_staged() { # FILE SIZE SHA256: whether it is a regular file of that size and content
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %s "$1")" = "$2" ] && same "$1" "$3" || {
        echo "$1 is not what was staged" >&2
        return 1
    }
}

absent() { # PATH
    [ ! -e "$1" ] && [ ! -L "$1" ]
}

adopt() { # FILE SIZE SHA256 PLACE: puts a copy beside PLACE, and looks at that
    rm -f "$4.new"
    (umask 077 && cp "$1" "$4.new") && is_staged "$4.new" "$2" "$3" || {
        rm -f "$4.new"
        return 1
    }
}

old_words() { # prints this kernel's command line but what a loader put there, and what replaces it
    set -f
    read -r line </proc/cmdline || :
    kept=
    for word in $line; do
        case $word in
            BOOT_IMAGE=* | initrd=* | kexec_jump_back_entry=* | subdeck.image=*) ;;
            *) kept="$kept${kept:+ }$word" ;;
        esac
    done
    set +f
    printf '%s' "$kept"
}

words_of() { # FILE SIZE SHA256: prints the command line that it holds, of one line
    text=$(cat "$1" && echo .) || return 1
    text=${text%.}
    found=$(printf '%s' "$text" | sha256sum)
    [ "${found%% *}" = "$3" ] || { echo "$1 is not what was staged" >&2; return 1; }
    text=${text%"$nl"}
    case $text in *"$nl"*) echo "$1 holds more than one line" >&2; return 1 ;; esac
    printf '%s' "$text"
}

line_up() { # MOST WORDS PLACE: puts a command line beside PLACE
    [ "${#2}" -le "$1" ] || {
        echo "the command line has ${#2} bytes, and at most $1 are taken" >&2
        return 1
    }
    printf '%s' "$2" >"$3.new"
}

# angt's /init looks for /kernel alone: with that one it is armed.
arm() {
    for each in /kernel.cmdline /kernel; do
        [ ! -e "$each.new" ] || mv -f "$each.new" "$each"
    done
    sync
}

disarm() {
    rm -f /kernel /kernel.new /kernel.cmdline /kernel.cmdline.new
}

# The first process has no parent to tell of, but of its children the eldest runs /etc/boot.
eldest() { # leaves its $eldest pid, when it was $born, and what it is $called
    eldest= born= called=
    for each in /proc/[0-9]*; do
        stat_of "${each#/proc/}" || continue
        set -- "${each#/proc/}" $stat
        [ "$3" = 1 ] || continue
        if [ -n "$born" ]; then
            [ "${21}" -le "$born" ] || continue
            [ "${21}" -lt "$born" ] || [ "$1" -lt "$eldest" ] || continue
        fi
        eldest=$1 born=${21}
    done
    [ -n "$eldest" ] || { echo 'nothing is seen that runs /etc/boot' >&2; return 1; }
    { read -r called <"/proc/$eldest/comm"; } 2>/dev/null || :
}

# What /init does then ends this shell too.
end_boot() { # SECONDS: it has to end by itself
    eldest || return 1
    trap '' HUP INT TERM
    case $called in
        runsvdir) kill -HUP "$eldest" ;; # which ends its services too
        *) kill -TERM "$eldest" ;;
    esac
    ended_within "$eldest" "$born" "$1" || kill -KILL "$eldest" || :
    gone 120
}

leave() { # COMMAND...: by which the host goes down, and this shell with it
    trap '' HUP INT TERM
    "$@" || return 1
    gone 300
}

gone() { # SECONDS: in which this must be ended
    sleep "$1"
    echo "the host still runs after $1 s" >&2
    return 1
}

unloaded() { # whether no kernel waits to be jumped into
    read -r loaded </sys/kernel/kexec_loaded && [ "$loaded" = 0 ]
}

# By descriptors: another file under the same name by then is not what is loaded.
load_kernel() { # WORDS KERNEL SIZE SHA256 [INITRD SIZE SHA256]
    exec 8<"$2"
    [ $# -lt 5 ] || exec 9<"$5"
    held "$@" || return 1
    if [ $# -lt 5 ]; then
        load --command-line="$1" || return 1
    else
        load --command-line="$1" --initrd=/proc/self/fd/9 || return 1
    fi
    held "$@" || { kexec -u; return 1; }
    exec 8<&- 9<&-
}

load() { # OPTION...: the call that needs no memory of ours first, which old kernels lack
    kexec -s -l /proc/self/fd/8 "$@" || kexec -l /proc/self/fd/8 "$@"
}

held() { # WORDS KERNEL SIZE SHA256 [INITRD SIZE SHA256]: whether descriptors 8 and 9 still are
    same /proc/self/fd/8 "$4" && { [ $# -lt 5 ] || same /proc/self/fd/9 "$7"; } || {
        echo "$2${5:+ or $5} is not what was staged" >&2
        return 1
    }
}

unload() {
    kexec -u
}

jump() { # into the kernel that is loaded
    ! unloaded || { echo 'no kernel is loaded' >&2; return 1; }
    if [ -d /run/systemd/system ]; then
        leave systemctl kexec
    else
        sync
        leave kexec -e
    fi
}
