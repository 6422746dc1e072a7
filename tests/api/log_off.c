/*
 * A file of a program that was built without logs, for test_log.c.
 */
#define NRF_MESH_LOG_ENABLE 0

#include "log.h"

unsigned log_off_evaluated(void);

unsigned log_off_evaluated(void)
{
    unsigned count = 0;

    __LOG_INIT(LOG_SRC_APP, LOG_LEVEL_DBG3, log_callback_stdout);
    __LOG(LOG_SRC_APP, LOG_LEVEL_ERROR, "%u\n", ++count);
    __LOG_XB(LOG_SRC_APP, LOG_LEVEL_ERROR, "octets", &count, ++count);
    return count;
}
