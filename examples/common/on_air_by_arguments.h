/*
 * The only thing in the examples that a program for a chip does not have: its radio and its storage
 * come from the command line.
 */
#ifndef ON_AIR_BY_ARGUMENTS_H
#define ON_AIR_BY_ARGUMENTS_H

/**
 * Calls nrf_mesh_on_air() with what `--radio air:PATH` and `--state DIR` say; without the latter,
 * nothing survives a restart. Ends the program if that cannot be: with status 2 for wrong
 * arguments, with status 1 if there is no such radio or directory.
 */
void on_air_by_arguments(int argc, char *argv[]);

#endif
