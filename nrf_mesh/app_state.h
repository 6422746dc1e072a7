/*
 * What app_onoff.c has of a node: its switches, which are the application's memory. See stack.h.
 */
#ifndef APP_STATE_H
#define APP_STATE_H

struct app_state {
    struct app_onoff_server *p_switches;
};

#endif
