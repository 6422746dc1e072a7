/*
 * An application's settings of the vendor's SDK, which sdk_config.h includes. There is none that
 * the layer needs: test_headers.c sees that it was read.
 */
#ifndef APP_CONFIG_H__
#define APP_CONFIG_H__

#define APP_CONFIG_OF_THE_TESTS 1

#endif
