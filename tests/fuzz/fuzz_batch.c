/*
 * The files that a batch is made from. The first octet of the input says which: a plan (CSV or
 * JSON), a book of out-of-band values, or the payloads of QR codes; the rest is its text.
 *
 * Checked: what is read without a problem is as batch.h and oob_book.h say it is.
 */
#include "fuzz.h"

#include "batch_map.h"
#include "oob_book.h"

static struct batch_map map;

static void ignore(void *ctx, const char *text)
{
    FUZZ_CHECK(ctx == &map && strlen(text) <= 300);
}

static void check_entry(const struct batch *batch, const struct batch_entry *entry)
{
    char text[BATCH_UUID_TEXT];

    FUZZ_CHECK(entry->digits <= 32);
    FUZZ_CHECK(entry->address + entry->elements <= 0x8000);
    FUZZ_CHECK(batch_is_whole(entry) || entry->address == 0);
    FUZZ_CHECK(entry->template_number <= batch->template_count);
    FUZZ_CHECK(!entry->name || strlen(entry->name) <= BATCH_NAME_MAX);
    FUZZ_CHECK(entry->oob.static_len <= sizeof(entry->oob.static_value));
    batch_uuid(entry, text);
    if (batch_is_whole(entry)) {
        FUZZ_CHECK(batch_find(batch, entry->uuid) == entry);
    } else { /* another one may have this UUID for its own */
        const struct batch_entry *found = batch_find(batch, entry->uuid);
        FUZZ_CHECK(found == entry || (found != NULL && batch_is_whole(found)));
    }
}

/* Each gets addresses of its own. */
static void check_map(const struct batch *batch, struct problems *problems)
{
    batch_map_init(&map);
    FUZZ_CHECK(batch_map_plan(&map, batch, NULL, NULL, problems, problems));
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        uint8_t elements = entry->elements > 0 ? entry->elements : 1;
        uint16_t address = batch_map_lease(&map, batch, NULL, entry->uuid, elements);

        FUZZ_CHECK(entry->address == 0 || address == entry->address);
        FUZZ_CHECK(address == 0 || batch_map_owner(&map, address, NULL) == BATCH_NODE);
    }
}

static void check_plan(char *text, size_t len)
{
    struct problems problems = { .tell = ignore, .ctx = &map };
    struct batch batch;

    if (batch_parse(&batch, "plan", text, len, &problems)) {
        FUZZ_CHECK(batch.count > 0 && problems.count == 0);
        for (size_t i = 0; i < batch.count; i++) {
            check_entry(&batch, &batch.entries[i]);
        }
        check_map(&batch, &problems);
    } else {
        FUZZ_CHECK(problems.count > 0);
    }
    batch_free(&batch);
}

static void check_book(char *text, size_t len, bool labels)
{
    struct problems problems = { .tell = ignore, .ctx = &map };
    struct oob_book *book = oob_book_new(fuzz_crypto());
    bool ok;

    FUZZ_CHECK(book != NULL);
    if (labels) {
        ok = oob_book_qr_text(book, "labels", text, &problems);
    } else {
        ok = oob_book_csv_text(book, "book", text, len, &problems);
    }
    FUZZ_CHECK(ok == (problems.count == 0));
    oob_book_warn(book, NULL, ignore, &map);
    oob_book_free(book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    uint8_t what = fuzz_u8(&in);
    char *text = malloc(in.left + 1);

    FUZZ_CHECK(text != NULL);
    if (in.left > 0) {
        memcpy(text, in.data, in.left);
    }
    text[in.left] = '\0';
    switch (what % 3) {
    case 0:
        check_plan(text, in.left);
        break;
    default:
        check_book(text, in.left, what % 3 == 2);
        break;
    }
    free(text);
    return 0;
}
