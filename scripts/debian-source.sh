#!/bin/sh
# debian-source.sh PACKAGE DIRECTORY: unpacks the source package of Debian that PACKAGE is built from into
# DIRECTORY, with the patches of Debian. The machine's own apt sources are used, as deb-src, through a
# configuration of our own, so that nothing of the machine's changes. Called by ./dev firmware.
set -eu

package=$1
directory=$(realpath -m "$2")

if [ -e "$directory" ]; then
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/parts";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
END

for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -f "$file" ]; then
        sed -n 's/^deb /deb-src /p' "$file" >"$work/parts/$(basename "$file" .list).list"
    fi
done
for file in /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ]; then
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
    fi
done

export APT_CONFIG="$work/apt.conf"
# A source that has no source packages, or is out of reach, is no reason to stop: another may have it.
apt-get update >"$work/update.log" 2>&1 || true
cd "$work/source"
if ! apt-get source --download-only "$package" >"$work/source.log" 2>&1; then
    cat "$work/update.log" "$work/source.log" >&2
    echo "debian-source.sh: no source package of $package" >&2
    exit 1
fi
dpkg-source --no-check -x ./*.dsc "$work/unpacked" >"$work/unpack.log" 2>&1 || {
    cat "$work/unpack.log" >&2
    exit 1
}
mkdir -p "$(dirname "$directory")"
mv "$work/unpacked" "$directory"
