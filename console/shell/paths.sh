# What the supervisor and the first process of a subhost have in common: the ways they go in its
# tree.

fail() { # WHY
    printf '%s\n' "$1" >&2
    return 1
}

# Goes to FOLDER below ROOT, making what is missing of it, through no symlink on the way: what is
# there belongs to the subhost, and it may point anywhere.
place() { # ROOT FOLDER
    cd -P -- "$1" || return 1
    rest=$2
    while [ -n "$rest" ]; do
        part=${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        case $part in
            '' | .) continue ;;
            ..) fail "$2 leads out" || return 1 ;;
        esac
        [ ! -L "./$part" ] || fail "$1/$2: $part is a symlink" || return 1
        [ -d "./$part" ] || mkdir "./$part" || return 1
        cd -P "./$part" || return 1
    done
}

# Mounts in one program, which reads nothing but files. No place has the name of a filesystem: of
# such busybox thinks that it is mounted.
mounts() { # FOLDER LINE...: as in fstab, places relative to it
    cd -P -- "$1"
    shift
    printf '%s\n' "$@" >"$here/mounts"
    mount -a -T "$here/mounts"
}
