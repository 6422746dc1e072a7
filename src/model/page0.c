/*
 * Composition Data page 0 as a peer sent it (Mesh Protocol 1.1, section 4.2.2.1). The octets stay
 * where they are: usher_page0_read() checks that the page is whole, the others find what is in it.
 * Called by the application, with what a Composition Data Status carried.
 */
#include "io.h"

#include <usher/models.h>

#define SIG_MODEL_LEN 2u
#define VENDOR_MODEL_LEN 4u

static void head_fields(struct io *io, struct usher_page0 *page)
{
    io_le16(io, &page->cid);
    io_le16(io, &page->pid);
    io_le16(io, &page->vid);
    io_le16(io, &page->crpl);
    io_le16(io, &page->features);
}

static size_t models_len(const struct usher_page0_element *element)
{
    return element->sig_count * SIG_MODEL_LEN + element->vendor_count * VENDOR_MODEL_LEN;
}

/* The element at the front of @p *data, which moves on behind it. */
static bool element_take(const uint8_t **data, size_t *len, struct usher_page0_element *element)
{
    struct io io = io_reader(*data, *len);

    io_le16(&io, &element->location);
    io_u8(&io, &element->sig_count);
    io_u8(&io, &element->vendor_count);
    if (!io_ok(&io) || models_len(element) > io_left(&io)) {
        return false;
    }
    element->models = *data + io_pos(&io);
    *len = io_left(&io) - models_len(element);
    *data = element->models + models_len(element);
    return true;
}

bool usher_page0_read(const uint8_t *data, size_t len, struct usher_page0 *page)
{
    struct io io = io_reader(data, len);
    struct usher_page0_element element;
    size_t left;

    head_fields(&io, page);
    if (!io_ok(&io) || io_left(&io) == 0) {
        return false; /* every node has a primary element */
    }
    page->elements = data + io_pos(&io);
    page->len = io_left(&io);

    data = page->elements;
    left = page->len;
    while (left > 0) {
        if (!element_take(&data, &left, &element)) {
            return false;
        }
    }
    return true;
}

bool usher_page0_element(const struct usher_page0 *page, unsigned n,
                         struct usher_page0_element *element)
{
    const uint8_t *data = page->elements;
    size_t left = page->len;

    do {
        if (!element_take(&data, &left, element)) {
            return false;
        }
    } while (n-- > 0);
    return true;
}

bool usher_page0_model(const struct usher_page0_element *element, unsigned n, uint16_t *company,
                       uint16_t *id)
{
    const uint8_t *vendor_models = element->models + element->sig_count * SIG_MODEL_LEN;
    struct io io;

    if (n < element->sig_count) {
        io = io_reader(element->models + n * SIG_MODEL_LEN, SIG_MODEL_LEN);
        *company = USHER_SIG;
        io_le16(&io, id);
        return true;
    }
    n -= element->sig_count;
    if (n >= element->vendor_count) {
        return false;
    }
    io = io_reader(vendor_models + n * VENDOR_MODEL_LEN, VENDOR_MODEL_LEN);
    io_le16(&io, company);
    io_le16(&io, id);
    return true;
}
