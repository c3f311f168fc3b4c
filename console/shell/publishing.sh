# How a boot server hands out another set: what decides it is replaced by one rename, and what it
# was is kept beside it.

leads() { # SYMLINK FOLDER: whether it leads there
    [ -L "$1" ] && [ "$(readlink -f "$1")" = "$2" ]
}

point() { # SYMLINK TARGET
    rm -f "$1.new"
    ln -s "$2" "$1.new" && mv -T "$1.new" "$1" && sync
    [ "$(readlink "$1")" = "$2" ]
}

keep_link() { # SYMLINK
    target=$(readlink "$1") && point "$1.previous" "$target"
}

point_back() { # SYMLINK
    target=$(readlink "$1.previous") && point "$1" "$target"
}

keep_script() { # FILE
    rm -f "$1.previous.new"
    cp -p "$1" "$1.previous.new" && mv -T "$1.previous.new" "$1.previous"
}

hand_out() { # FILE, and what is to be in it on stdin: whose it is and who may read it stays
    rm -f "$1.new"
    cp -p "$1" "$1.new" && cat >"$1.new" && sync && mv -T "$1.new" "$1"
}

take_script_back() { # FILE
    rm -f "$1.new"
    cp -p "$1.previous" "$1.new" && mv -T "$1.new" "$1"
}
