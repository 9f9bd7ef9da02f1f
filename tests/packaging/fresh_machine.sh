#!/bin/sh
# Run the README's commands on a machine that has git, make and python3 and nothing else: a Debian 12 made by
# debootstrap (as root; needs the package debootstrap). Usage: fresh_machine.sh ROOT [TARGET...]
# ROOT is made where it is not there yet. Targets are run as root and, the first of them, as an ordinary user too;
# the default is "demo demo test".
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
root=$1
shift
[ $# -gt 0 ] || set -- demo demo test

if [ ! -e "$root/usr/bin/git" ]; then
    mirror=$(sed -n 's/^URIs: *//p; s/^deb \([^ ]*\) .*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources \
        2>/dev/null | head -n 1)
    debootstrap --variant=minbase --include=git,make,python3,ca-certificates bookworm "$root" $mirror
fi
# How this machine reaches its registries is part of the machine, not of the project.
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp -r /etc/ssl/certs "$root/etc/ssl/"
for file in /etc/pip.conf /etc/apt/sources.list.d/debian.sources; do
    [ ! -e "$file" ] || cp "$file" "$root$file"
done
rm -rf "$root/srv/dbopt.git"
git clone -q --bare "$repository" "$root/srv/dbopt.git"
chmod -R a+rX "$root/srv"

# In a mount namespace of its own, so that nothing stays mounted.
unshare --mount --fork sh -eu -s "$root" "$@" <<'INSIDE'
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
run() { # run USER HOME TARGET...
    user=$1 home=$2
    shift 2
    chroot "$root" su "$user" -s /bin/sh -c "
        cd '$home' && { [ -d dbopt ] || git clone -q /srv/dbopt.git dbopt; } && cd dbopt && git pull -q
        for target in $*; do echo \"== $user: make \$target\"; date +%T; make \$target || exit 1; done; date +%T"
}
chroot "$root" git config --system --add safe.directory '*'
run root /root "$@"
chroot "$root" id tester >/dev/null 2>&1 || chroot "$root" useradd --create-home tester
run tester /home/tester "$1" "$1"
INSIDE
