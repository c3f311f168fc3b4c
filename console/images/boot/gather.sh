# mmdebstrap runs this when packages are unpacked below $1: writes down whose every file is, and
# unpacks the package KERNEL beside them, of which nothing else depends here.
set -eu
cd "$PARTS"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
for deb in "$1"/var/cache/apt/archives/*.deb; do
    package=$(dpkg-deb --field "$deb" Package)
    dpkg-deb --fsys-tarfile "$deb" | tar -t --quoting-style=literal | sed "s|^\.|$package |"
done >owners
[ -n "$KERNEL" ] || exit 0
real=$(apt-cache depends --important "$KERNEL" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
apt-get -q download "${real:-$KERNEL}"
dpkg-deb -x ./*.deb kernel
rm ./*.deb
