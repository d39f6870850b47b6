# shellcheck shell=bash
# Helpers shared by the scripts of this directory. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Prints the packages of the named groups, sorted, without duplicates.
packages() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' packaging/packages.txt
    done | sort -u
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "this needs root: $*"
    fi
}

# Makes a Python environment DIR hold exactly the pins of REQUIREMENTS; does nothing when it already does.
python_environment() {
    local directory=$1 requirements=$2 stamp wanted
    stamp=$directory/.requirements
    wanted=$(python3 --version && sha256sum "$requirements")
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
    say "Python environment $directory from $requirements"
    rm -rf "$directory"
    python3 -m venv "$directory"
    "$directory/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    printf '%s\n' "$wanted" >"$stamp"
}
