# A set that was brought here goes by another name first, all at once: nothing ever finds half of it.

prune_set() { # FOLDER
    [ -e "$1" ] || return 0
    [ -d "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %u:%a "$1")" = "$(id -u):700" ] || {
        echo "$1 is not what was brought here" >&2
        return 1
    }
    unused "$1" || return
    gone=${1%.gone}.gone
    [ "$1" = "$gone" ] || { rm -rf "$gone" && mv "$1" "$gone"; } || return
    unused "$gone" || { mv "$gone" "$1"; return 1; }
    rm -rf "$gone"
    case $1 in */*/*/*) rmdir "${1%/*}" 2>/dev/null || : ;; esac # its name, with its last version
}

unused() { # FOLDER: whether nothing is mounted from there, or written to it
    for each in /sys/block/loop*/loop/backing_file; do
        { IFS= read -r file <"$each"; } 2>/dev/null || continue
        case $file in "$1"/*) echo "$file is mounted" >&2; return 1 ;; esac
    done
    while IFS= read -r line; do
        case $line in *"$1"*) echo "$1 is mounted" >&2; return 1 ;; esac
    done </proc/self/mountinfo
    exec 9<"$1"
    flock -n 9 || { echo "$1 is being written to" >&2; return 1; }
    exec 9<&-
}
