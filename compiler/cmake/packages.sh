# shellcheck shell=sh disable=SC2154,SC2013
# Sourced by tests/run.sh and examples/quickstart.sh, which set $root to the checkout.

# install_packages SECTION...: installs what is missing of these sections of compiler/cmake/packages.txt. Touches
# apt, and asks for sudo, only when something is missing.
install_packages() {
  missing=
  for section in "$@"; do
    for package in $(awk -v section="[$section]" '
        /^\[/ { inside = ($1 == section); next }
        inside && /^[a-z0-9]/ { print $1 }' "$root/compiler/cmake/packages.txt"); do
      if ! dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed'; then
        missing="$missing $package"
      fi
    done
  done
  if [ -z "$missing" ]; then
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    echo "These Debian 12 packages are missing, and there is no apt-get here:$missing" >&2
    exit 1
  fi
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages:$missing. Run as root, or: apt-get install$missing" >&2
      exit 1
    fi
    sudo=sudo
  fi
  echo "installing:$missing"
  $sudo apt-get -qq update </dev/null
  # shellcheck disable=SC2086  # $missing is a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing </dev/null
}

# Ninja where there is one; an existing build keeps its generator.
configure() { # FOLDER OPTIONS...
  folder=$1
  shift
  if [ -f "$folder/CMakeCache.txt" ]; then
    cmake -S "$root" -B "$folder" "$@"
  elif command -v ninja >/dev/null; then
    cmake -S "$root" -B "$folder" -G Ninja "$@"
  else
    cmake -S "$root" -B "$folder" "$@"
  fi
}
