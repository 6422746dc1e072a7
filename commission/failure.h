/*
 * Why a device was not provisioned, in words: reason, what to try next, and whether trying again
 * may help.
 */
#ifndef FAILURE_H
#define FAILURE_H

#include <usher/usher.h>

struct failure {
    const char *reason;
    const char *hint;
    bool passing; /* another attempt may succeed */
    bool policy;  /* refused by us, as the command line demands */
};

/* What we ourselves end a session for. */
extern const struct failure
    failure_nothing_common;                   /* the device offers nothing that --oob allows */
extern const struct failure failure_insecure; /* --require-secure */
extern const struct failure failure_store;    /* the record could not be made durable */
extern const struct failure failure_no_value; /* nobody can give the value that the device shows */
extern const struct failure failure_start;    /* the session could not be begun */
extern const struct failure failure_lost;     /* its radio is gone, and no other hears it */
extern const struct failure failure_silent;   /* no answer in time */
extern const struct failure failure_address;  /* it cannot have the address that it is to have */
extern const struct failure failure_locked;   /* it could not be authenticated too often */
extern const struct failure failure_unsure;   /* no answer to its data, nor to Link Open since */

/** Explains how a session that is not complete ended. */
const struct failure *failure_explain(const struct usher_outcome *outcome);

/** The PDU at which it ended: the one that failed, or the one that was to come next. */
const char *failure_pdu(const struct usher_outcome *outcome);

/* -- questions to nodes -------------------------------------------------------------------- */

/** Why a node did not do what it was asked for. */
struct failure_asking {
    const char *message; /* "Config Model App Bind" */
    int code;            /* the status in its answer; 0: there was none */
    char reason[96];
    const char *hint;
    bool passing; /* another attempt may succeed */
};

/** There was no answer, or the question could not be sent. */
void failure_asked(const char *message, enum usher_err err, struct failure_asking *why);
/** The answer's status was another than Success. */
void failure_status(const char *message, uint8_t status, struct failure_asking *why);
/** The answer's octets make no sense. */
void failure_malformed(const char *message, struct failure_asking *why);

#endif
