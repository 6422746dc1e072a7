#!/bin/sh
# firmware-sizes.sh DIRECTORY: what the images of ports/cortex-m, built in DIRECTORY, take of flash and memory, and
# what the core by itself does. Called by ./dev firmware.
set -eu

images=$1/ports/cortex-m

# row NAME ELF: the stack, of which the linker script reserves 8 KiB, is none of the image's memory.
row() {
    arm-none-eabi-size "$2" | awk -v name="$1" -v stack="$(stack "$2")" 'NR == 2 {
        printf "%-34s %8d %8d\n", name, $1 + $2, $2 + $3 - stack
    }'
}

stack() {
    low=$(arm-none-eabi-nm "$1" | sed -n 's/ . stack_low$//p')
    top=$(arm-none-eabi-nm "$1" | sed -n 's/ . stack_top$//p')
    echo $((0x$top - 0x$low))
}

# octets STRUCT
octets() {
    size=$(arm-none-eabi-nm -S "$images"/probe/CMakeFiles/structs.dir/structs.c.obj |
        sed -n "s/^[0-9a-f]* \([0-9a-f]*\) . size_$1\$/\1/p")
    echo $((0x$size))
}

printf '%-34s %8s %8s\n' 'octets, on Cortex-M4' flash memory
row 'image: a light' "$images/lamp.elf"
row 'image: the serial device' "$images/serial_device.elf"
row 'core: device, PB-ADV' "$images/probe/device.elf"
row 'core: provisioner, PB-ADV' "$images/probe/provisioner.elf"
row 'core: both, PB-ADV' "$images/probe/both.elf"
row 'crypto: BearSSL' "$images/probe/crypto.elf"
printf '%-34s %8s %8d\n' 'an instance' '' "$(octets usher)"
printf '%-34s %8s %8d\n' 'each link' '' "$(octets usher_session)"
printf '%-34s %8s %8d\n' 'a node' '' "$(octets usher_mesh)"
printf '%-34s %8s %8d\n' "the serial interface's end" '' "$(octets usher_serial)"
