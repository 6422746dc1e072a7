#!/bin/sh
# Lists the project's C files, one a line. Used by ./dev format and by the checks.
set -eu
cd "$(dirname "$0")/.."
find bench commission decode examples include nrf_mesh ports sim src tests tools -name '*.[ch]' | LC_ALL=C sort
