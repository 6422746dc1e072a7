/*
 * What is wrong with a file that a person has written: all of it is told, one line each, since who
 * mends a plan of hundreds of lines does not want to be told of one at a time.
 */
#ifndef COMMISSION_PROBLEMS_H
#define COMMISSION_PROBLEMS_H

struct problems {
    /** Gets each problem, without a line feed. NULL: they are only counted. */
    void (*tell)(void *ctx, const char *text);
    void *ctx;
    unsigned count;
};

/** Tells one more; cut off after 300 characters. */
__attribute__((format(printf, 2, 3))) void problems_add(struct problems *problems,
                                                        const char *format, ...);

#endif
