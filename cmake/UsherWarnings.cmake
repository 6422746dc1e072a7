# The warnings that all of our own code is built with, and the sanitizers that a preset asks for.
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough)
if(USHER_WERROR)
    add_compile_options(-Werror)
endif()
if(USHER_SANITIZE)
    add_compile_options(-fsanitize=${USHER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${USHER_SANITIZE})
endif()
