/*
 * The tables of a node that are kept in chains of records (records.h). Entries are numbered by
 * place. Called by store.
 */
#ifndef TABLES_H
#define TABLES_H

#include "io.h"

#include <usher/mesh.h>

struct table {
    uint16_t first; /**< record of its chain */
    uint16_t each;  /**< places of a record */
    unsigned (*size)(const struct usher_mesh *m);
    bool (*used)(const struct usher_mesh *m, unsigned place);
    /** The entry's mark that it is to be stored; NULL: any may be. */
    bool *(*mark)(struct usher_mesh *m, unsigned place);
    void (*fields)(struct io *io, struct usher_mesh *m, unsigned place);
    /** Checks an entry that was read, and makes what is not kept. */
    enum usher_err (*take)(struct usher_mesh *m, unsigned place);
};

extern const struct table tables_subnets;
/** To be loaded after the subnets. */
extern const struct table tables_appkeys;
/** To be loaded after the AppKeys. */
extern const struct table tables_models;
extern const struct table tables_replay;

#endif
