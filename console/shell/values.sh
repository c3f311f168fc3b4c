# Values of a configuration that a command decides.

value() { # BASE COMMAND-LINE: what it prints
    cd -- "$1"
    alien env ACTION=overlay-boot sh -c "$2"
}

is_mounted() { # FOLDER: whether something is mounted there
    cd -P -- "$1" || return 1
    tail=$PWD point=
    while :; do # mountinfo writes a space as \\040
        case $tail in
            *' '*) point="$point${tail%%' '*}\\040" tail=${tail#*' '} ;;
            *) break ;;
        esac
    done
    point=$point$tail
    while read -r _ _ _ _ other _; do
        [ "$other" != "$point" ] || return 0
    done </proc/self/mountinfo
    return 1
}

slice='
options_of() { # IMAGE [PARTITION]: those by which mount shows that alone
    [ -n "${2-}" ] || { echo loop; return; }
    set -- "$1" "$2" $(partx -g -b -o START,SECTORS --nr "$2" -- "$1")
    [ $# -eq 4 ] || { echo "$1 has no partition $2" >&2; return 1; }
    echo "loop,offset=$(($3 * 512)),sizelimit=$(($4 * 512))"
}
'
eval "$slice"

# What overlay-diskfile(8) promises: IMAGE, or a partition of it, mounted on the first part of
# PLACE, and PLACE printed. The loop device goes with its mount.
disk_file() { # BASE PLACE [IMAGE [PARTITION]]
    cd -- "$1"
    path=$2
    while [ "$path" != "${path#/}" ]; do path=${path#/}; done
    point=./${path%%/*}
    if [ $# -gt 2 ] && ! (is_mounted "$point"); then
        options=$(options_of "$3" "${4-}") || return 1
        mount -o "$options" -- "$3" "$point" >&2 || return 1
    fi
    printf '%s\n' "$path"
}

under() { # BASE PATH: the path made absolute
    case $2 in
        '' | *"$nl"*) fail 'a command of the configuration printed no path' ;;
        /*) printf '%s\n' "$2" ;;
        *) printf '%s/%s\n' "$1" "${2%/}" ;;
    esac
}

layer() { # PATH...: whether they can be named as layers of an overlay
    for layer do
        case $layer in *[,:\\\"]*) fail "$layer: a layer's path cannot have , : \\ or \" in it" ;; esac
        [ -d "$layer" ] || fail "$layer is not a folder"
    done
}

memory() { # SIZE: whether tmpfs takes it
    case $1 in
        '' | *[!0-9kKmMgGtT%]* | [!0-9]* | *[!0-9]?*) fail "RAM_SIZE $1 is not a size" ;;
    esac
}

services() { # WORDS: whether they are services
    set -f
    for service in $1; do
        case $service in
            /*) ;;
            [!A-Za-z0-9]* | *[!A-Za-z0-9@._-]*) fail "$service is not the name of a service" ;;
        esac
    done
    set +f
}

show() { # BASE LIVE HOST[:INSIDE]
    folder=${3%%:*}
    case $folder in
        '' | *"$nl"*) fail 'a command of SHARE printed no folder' ;;
        /*) ;;
        *) folder=$1/$folder ;;
    esac
    case ${3#*:} in
        /?*) ;;
        *) fail "SHARE $3: its place inside must be an absolute path" ;;
    esac
    place "$2" "${3#*:}"
    mount --bind -- "$folder" .
}
