/*
 * A program that links one role alone, built once for each: the other role's call answers that it
 * is not there.
 */
#include <usher/usher.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_role_that_is_not_linked_is_unsupported(void **state)
{
    static const uint8_t uuid[USHER_UUID_SIZE];
    struct usher_session s = { 0 };

    (void)state;
#ifdef LINKS_DEVICE
    assert_int_equal(usher_provision(&s, &(struct usher_provision){ .uuid = uuid }),
                     USHER_E_UNSUPPORTED);
    assert_int_equal(usher_listen(&s, NULL), USHER_E_NULL); /* this one is here */
#else
    assert_int_equal(usher_listen(&s, &(struct usher_listen){ .uuid = uuid }), USHER_E_UNSUPPORTED);
    assert_int_equal(usher_listen_stop(&s), USHER_E_UNSUPPORTED);
    assert_int_equal(usher_provision(&s, NULL), USHER_E_NULL); /* this one is here */
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_role_that_is_not_linked_is_unsupported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
