# Asked of a store on a host: ROOT list | ROOT pieces PATH MOST ... | ROOT whole PATH |
# ROOT chunk PATH BLOCK BLOCKS. Symlinks below ROOT are never followed, but for who swaps one in
# meanwhile; whatever comes of that is found by its SHA-256.
fail() {
    printf '%s\n' "$1" >&2
    exit 9
}

# Whether a plain file is there, and no symlink on the way.
plain() { # PATH
    rest=$1 at=.
    while :; do
        at=$at/${rest%%/*}
        [ ! -L "$at" ] || return 1
        case $rest in
            */*) rest=${rest#*/} ;;
            *) break ;;
        esac
    done
    [ -f "$at" ] && [ -r "$at" ]
}

cd -- "$1" 2>/dev/null || fail "no such folder, or none that may be read"
what=$2
shift 2
case $what in
    list)
        for each in */*/manifest.json; do
            plain "$each" && printf '%s\n' "${each%/manifest.json}"
        done
        for each in */current */good; do
            [ -L "$each" ] && printf '%s %s\n' "$each" "$(readlink "$each")"
        done
        : ;;
    pieces)
        while [ $# -gt 1 ]; do
            if plain "$1"; then
                printf '%s\n' "$(stat -c %s "./$1")"
                dd if="./$1" bs="$2" count=1 2>/dev/null
            else
                printf '%s\n' -
            fi
            shift 2
        done ;;
    whole)
        plain "$1" || fail "$1: no such file"
        exec 3<"./$1" && stat -L -c %s /proc/self/fd/3 <&3 && sha256sum <&3 ;;
    chunk)
        plain "$1" || fail "$1: no such file"
        dd if="./$1" bs=65536 skip="$2" count="$3" 2>/dev/null ;;
esac
