/*
 * Plans (commission/batch.c, batch_order.c, batch_map.c, csv.c): what is read, what is refused and
 * how it is told, and who gets which address.
 */
#include "batch_map.h"
#include "parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define U1 "00112233445566778899aabbccddee01"
#define U2 "00112233445566778899aabbccddee02"
#define U3 "00112233445566778899aabbccddee03"

static struct batch batch;
static struct batch_map map;
static struct problems problems;
static char told[4096];

static void tell(void *ctx, const char *text)
{
    size_t used = strlen(told);
    (void)ctx;
    snprintf(told + used, sizeof(told) - used, "%s\n", text);
}

/* Reads a plan; what was read before is gone. */
static bool read_octets(const char *text, size_t len)
{
    char *copy = malloc(len + 1); /* of its exact size, so that reading over its end is noticed */

    assert_non_null(copy);
    memcpy(copy, text, len);
    copy[len] = '\0';
    batch_free(&batch);
    problems = (struct problems){ .tell = tell };
    told[0] = '\0';
    bool ok = batch_parse(&batch, "site/plan", copy, len, &problems);
    assert_int_equal(ok, problems.count == 0);
    free(copy);
    return ok;
}

static bool read_text(const char *text)
{
    return read_octets(text, strlen(text));
}

static void assert_told(const char *text, const char *line)
{
    assert_false(read_text(text));
    if (!strstr(told, line)) {
        fail_msg("\"%s\" is not in \"%s\"", line, told);
    }
}

static int release(void **state)
{
    (void)state;
    batch_free(&batch);
    batch_free(&batch);
    return 0;
}

static const struct batch_entry *find(const char *digits)
{
    uint8_t uuid[16] = { 0 };

    assert_true(parse_uuid(digits, uuid));
    return batch_find(&batch, uuid);
}

/* -- what is read --------------------------------------------------------------------------- */

static void columns_come_in_any_order(void **state)
{
    (void)state;
    assert_true(
        read_text("name,uuid,oob,template,address,elements\r\n"
                  "Lamp,00112233-4455-6677-8899-AABBCCDDEE01,static:0a0b,l.json,0x0100,3\r\n"
                  "," U2 ",none output,../l.json,0200,\n"
                  "," U3 ",,/etc/l.json,,\n"));
    assert_int_equal(batch.count, 3);
    const struct batch_entry *e = batch.entries;
    static const uint8_t uuid[] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x01 };
    assert_memory_equal(e[0].uuid, uuid, 16);
    assert_true(batch_is_whole(&e[0]));
    assert_string_equal(e[0].name, "Lamp");
    assert_int_equal(e[0].address, 0x0100);
    assert_int_equal(e[0].elements, 3);
    assert_int_equal(e[0].oob.methods, 1u << USHER_OOB_STATIC);
    assert_int_equal(e[0].oob.static_len, 2);
    assert_memory_equal(e[0].oob.static_value, "\x0a\x0b", 2);
    assert_int_equal(e[0].line, 2);
    assert_null(e[1].name);
    assert_int_equal(e[1].oob.methods, 1u << USHER_OOB_NONE | 1u << USHER_OOB_OUTPUT);
    assert_int_equal(e[1].elements, 0);
    assert_int_equal(e[2].address, 0);
    assert_int_equal(e[2].oob.methods, 0);
    assert_int_equal(batch.template_count, 3);
    assert_string_equal(batch.templates[e[0].template_number - 1].path, "site/l.json");
    assert_string_equal(batch.templates[e[1].template_number - 1].path, "site/../l.json");
    assert_string_equal(batch.templates[e[2].template_number - 1].path, "/etc/l.json");
}

static void one_template_is_one(void **state)
{
    (void)state;
    assert_true(read_text("uuid,template\n" U1 ",a\n" U2 ",b\n" U3 ",a\n"));
    assert_int_equal(batch.template_count, 2);
    assert_int_equal(batch.entries[0].template_number, batch.entries[2].template_number);
    assert_int_equal(batch.templates[1].line, 3);
}

static void quotes_hold_commas_lines_and_quotes(void **state)
{
    (void)state;
    assert_true(read_text("\xEF\xBB\xBF\"uuid\",name\r\n\r\n"
                          "\"" U1 "\",\"a, \"\"b\"\"\"\r\n"
                          " " U2 "\t, plain c \r\n"
                          "  \n"
                          "\"" U3 "\",\"\""));
    assert_int_equal(batch.count, 3);
    assert_string_equal(batch.entries[0].name, "a, \"b\"");
    assert_int_equal(batch.entries[0].line, 3);
    assert_string_equal(batch.entries[1].name, "plain c");
    assert_null(batch.entries[2].name);
    assert_int_equal(batch.entries[2].line, 6);
    /* A line that ends within quotes is counted. */
    assert_told("uuid,name\n" U1 ",\"a\nb\"\n" U2 ",\"c\nd\"\nx,\n",
                "site/plan:6: uuid: \"x\" is not a UUID");
    assert_non_null(strstr(told, "site/plan:2: name: it is not text in UTF-8, in one line"));
}

static void json_says_the_same(void **state)
{
    (void)state;
    assert_true(read_text("\n [{\"uuid\": \"" U1 "\", \"address\": \"0x0100\", \"elements\": 2,"
                          "\"name\": \"Lampe \\u00fc\", \"oob\": [\"none\", \"static:00ff\"],"
                          "\"template\": \"l.json\"},"
                          "{\"uuid\": \"0011*\", \"name\": null, \"oob\": \"input\"}]"));
    const struct batch_entry *e = batch.entries;
    assert_int_equal(batch.count, 2);
    assert_int_equal(e[0].address, 0x0100);
    assert_int_equal(e[0].elements, 2);
    assert_string_equal(e[0].name, "Lampe \xc3\xbc");
    assert_int_equal(e[0].oob.methods, 1u << USHER_OOB_NONE | 1u << USHER_OOB_STATIC);
    assert_int_equal(e[1].oob.methods, 1u << USHER_OOB_INPUT);
    assert_int_equal(e[1].digits, 4);
}

static void a_device_has_its_own_line_or_that_of_a_prefix(void **state)
{
    char text[BATCH_UUID_TEXT];

    (void)state;
    assert_false(read_text("uuid,name\n00112233-4455-6677-8899-aabbccddee0*,most\n" U2 ",own\n"
                           "ab*,ab\nabc0*,none\n"));
    assert_false(read_text("uuid,name\n00112233-4455-6677-8899-aabbccddee0*,most\n" U2 ",own\n"
                           "ab*,ab\nac1*,ac1\nAC2-*,ac2\n"));
    assert_true(read_text("uuid,name\n00112233-4455-6677-8899-aabbccddee0*,most\n" U2 ",own\n"
                          "ab*,ab\nac1*,ac1\nAC2*,ac2\n"));
    assert_string_equal(find(U1)->name, "most");
    assert_string_equal(find(U2)->name, "own");
    assert_string_equal(find("00112233445566778899aabbccddee0f")->name, "most");
    assert_null(find("00112233445566778899aabbccddee10"));
    assert_null(find("00000000000000000000000000000000"));
    assert_string_equal(find("ab000000000000000000000000000000")->name, "ab");
    assert_string_equal(find("abffffffffffffffffffffffffffffff")->name, "ab");
    assert_null(find("ac000000000000000000000000000000"));
    assert_string_equal(find("ac1fffffffffffffffffffffffffffff")->name, "ac1");
    assert_string_equal(find("ac200000000000000000000000000000")->name, "ac2");
    assert_null(find("ac300000000000000000000000000000"));
    batch_uuid(&batch.entries[4], text);
    assert_string_equal(text, "ac2*");
    /* Whatever comes. */
    assert_true(read_text("uuid,name\n*,any\n" U1 ",own\n"));
    assert_string_equal(find(U1)->name, "own");
    assert_string_equal(find(U2)->name, "any");
}

/* -- what is refused ------------------------------------------------------------------------ */

static void problems_name_file_line_and_column(void **state)
{
    static const struct {
        const char *line, *told;
    } cases[] = {
        { "xyz,,,,,\n", "site/plan:2: uuid: \"xyz\" is not a UUID" },
        { ",0100,,,,\n", "site/plan:2: uuid: it is missing" },
        { "12-*,,,,,\n", "site/plan:2: uuid: \"12-*\" is not a prefix" },
        { "00112233--44*,,,,,\n", "site/plan:2: uuid: \"00112233--44*\" is not a prefix" },
        { "12*3,,,,,\n", "site/plan:2: uuid: \"12*3\" is not a prefix" },
        { "1g*,,,,,\n", "site/plan:2: uuid: \"1g*\" is not a prefix" },
        { U1 "*,,,,,\n", "is not a prefix: up to 31 hexadecimal digits" },
        { U1 ",100,,,,\n", "site/plan:2: address: \"100\" is not an address" },
        { U1 ",0000,,,,\n", "site/plan:2: address: 0x0000 is not an address of a node" },
        { U1 ",8000,,,,\n", "site/plan:2: address: 0x8000 is not an address of a node" },
        { U1 ",c000,,,,\n", "site/plan:2: address: 0xc000 is not an address of a node" },
        { U1 ",7fff,2,,,\n", "site/plan:2: address: 2 elements from 0x7fff on end beyond 0x7fff" },
        { U1 ",,0,,,\n", "site/plan:2: elements: \"0\" is not a number of elements" },
        { U1 ",,256,,,\n", "site/plan:2: elements: \"256\" is not a number of elements" },
        { U1 ",,-1,,,\n", "site/plan:2: elements: \"-1\" is not a number of elements" },
        { U1 ",,1x,,,\n", "site/plan:2: elements: \"1x\" is not a number of elements" },
        { U1 ",,,a\xff,,\n", "site/plan:2: name: it is not text in UTF-8" },
        { U1 ",,,a\x01,,\n", "site/plan:2: name: it is not text in UTF-8" },
        { U1 ",,,,push,\n", "site/plan:2: oob: possible are none, output, input or static:HEX" },
        { U1 ",,,,static:0,\n", "site/plan:2: oob: static:HEX takes 1 to 32 octets" },
        { U1 ",,,,static:00 static:01,\n", "site/plan:2: oob: a static value is given twice" },
        { "00*,0100,,,,\n", "site/plan:2: address: a prefix is for any number of devices" },
        { U1 ",,,,\n", "site/plan:2: it has 5 fields, and the header 6" },
        { U1 ",,,,,,\n", "site/plan:2: it has 7 fields, and the header 6" },
        { U1 ",,,\"a,,\n", "site/plan:2: a quote is not closed" },
        { U1 ",,,\"a\"b,,\n", "site/plan:2: after the closing quote a comma is expected" },
        { U1 ",,,a\"b\",,\n", "site/plan:2: a quote stands in a field that does not begin" },
        { U1 ",,,,,\r" U2 ",,,,,\n", "site/plan:2: a line ends with CR alone" },
        { ",,,,,,,,,,,,,,,,,\n", "site/plan:2: there are more than 16 fields" },
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "uuid,address,elements,name,oob,template\n%s", cases[i].line);
        assert_told(text, cases[i].told);
        assert_int_equal(problems.count, 1);
        assert_int_equal(batch.count, 0);
    }
    snprintf(text, sizeof(text), "uuid,name\n%s,%064d\n", U1, 0);
    assert_told(text, "site/plan:2: name: it is longer than 63 octets");
}

static void headers_are_checked(void **state)
{
    (void)state;
    assert_told("uuid,colour\n" U1 ",red\n", "site/plan:1: there is no column \"colour\"");
    assert_told("uuid;name\n" U1 ";a\n", "with commas between them");
    assert_told("uuid,name,UUID\n", "site/plan:1: the column uuid is there twice");
    assert_told("name\na\n", "site/plan:2: uuid: it is missing");
    assert_told("", "site/plan: it is empty: the first line names the columns: uuid, address, ");
    assert_told("uuid\n", "site/plan: there is no device in it");
    assert_false(read_octets("uuid\n\0", 6));
    assert_non_null(strstr(told, "site/plan:2: a NUL character is here"));
}

static void json_is_checked(void **state)
{
    (void)state;
    assert_told("{\"uuid\": \"" U1 "\"}", "site/plan: a list of objects [ { } ] is expected");
    assert_told("[\n{]", "site/plan:2: ");
    assert_told("[1]", "site/plan: [0]: an object { } is expected here");
    assert_told("[{\"uuid\": \"" U1 "\"}, {\"uuid\": 5}]", "site/plan: [1].uuid: a text");
    assert_told("[{\"uuid\": \"" U1 "\", \"colour\": 1}]", "[0]: \"colour\" is not known here");
    assert_told("[{\"uuid\": \"" U1 "\", \"address\": \"9000\"}]",
                "site/plan: [0].address: 0x9000");
    assert_told("[{\"uuid\": \"" U1 "\", \"oob\": [1]}]", "[0].oob: a text is expected here, or a");
    assert_told("[{\"uuid\": \"" U1 "\", \"elements\": 256}]", "[0].elements: \"256\" is not");
    assert_told("[{}]", "site/plan: [0].uuid: it is missing");
    assert_told("[{\"uuid\": \"" U1 "\", \"name\": \"\\u0000\"}]", "site/plan:1: ");
    assert_told("[{\"uuid\": \"" U1 "\"}, {\"uuid\": \"" U1 "\"}]", "[1].uuid: [0] has it already");
    assert_told("[{\"uuid\": \"" U1 "\", \"uuid\": \"" U2 "\"}]", "site/plan:1: duplicate");
    assert_told("[]", "site/plan: there is no device in it");
}

static void every_problem_is_told(void **state)
{
    (void)state;
    assert_told("uuid,address\nx,0100\n" U1 ",y\n" U2 ",0200\nz,w\n", "site/plan:2: uuid: \"x\"");
    assert_int_equal(problems.count, 4);
    assert_non_null(strstr(told, "site/plan:3: address: \"y\""));
    assert_non_null(strstr(told, "site/plan:5: uuid: \"z\""));
    assert_non_null(strstr(told, "site/plan:5: address: \"w\""));
}

static void a_uuid_is_there_once(void **state)
{
    (void)state;
    assert_told("uuid\n" U1 "\n" U2 "\n00112233-4455-6677-8899-AABBCCDDEE01\n",
                "site/plan:4: uuid: line 2 has it already");
    assert_told("uuid\n12*\n12*\n", "site/plan:3: uuid: line 2 has it already");
    assert_told("uuid\n123*\n1*\n", "site/plan:2: uuid: it begins as the prefix \"1*\" of line 3");
    assert_told("uuid\n*\n1*\n", "site/plan:3: uuid: it begins as the prefix \"*\" of line 2");
    assert_false(read_text("uuid\n12*\n13*\n120f*\n"));
    assert_false(read_text("uuid\n12*\n13*\n1*\n"));
    assert_int_equal(problems.count, 1); /* with the first of them; then that is mended */
    assert_true(read_text("uuid\n12*\n13*\n0*\n"));
    assert_told("uuid\n100*\n10*\n",
                "site/plan:2: uuid: it begins as the prefix \"10*\" of line 3");
}

static void addresses_do_not_overlap(void **state)
{
    (void)state;
    assert_true(read_text("uuid,address,elements\n" U1 ",0100,4\n" U2 ",0104,\n" U3 ",00ff,1\n"));
    assert_told("uuid,address,elements\n" U1 ",0103,\n" U2 ",0100,4\n",
                "site/plan:2: address: 0x0103 is among those of line 3, 0x0100 to 0x0103");
    assert_told("uuid,address\n" U1 ",0100\n" U2 ",0100\n",
                "site/plan:3: address: 0x0100 is among those of line 2, 0x0100 to 0x0100");
    /* A long one reaches over the one that follows it. */
    assert_told("uuid,address,elements\n" U1 ",0100,32\n" U2 ",0101,1\n" U3 ",011f,1\n",
                "site/plan:4: address: 0x011f is among those of line 2, 0x0100 to 0x011f");
    assert_int_equal(problems.count, 2);
}

/* -- files and sizes ------------------------------------------------------------------------ */

static void a_file_is_read(void **state)
{
    char path[] = "/tmp/usher-plan-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "uuid\n" U1 "\n";

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    batch_free(&batch);
    problems = (struct problems){ .tell = tell };
    assert_true(batch_read(&batch, path, &problems));
    assert_int_equal(batch.count, 1);
    batch_free(&batch);
    unlink(path);
    told[0] = '\0';
    assert_false(batch_read(&batch, path, &problems));
    assert_non_null(strstr(told, "No such file or directory"));
}

static void ten_thousand_lines_are_quick(void **state)
{
    enum { COUNT = 10000, ROOM = COUNT * 100 };
    char *text = malloc(ROOM);
    size_t used = (size_t)sprintf(text, "uuid,address,name,oob,template\n");
    struct batch_place *places = calloc(COUNT, sizeof(*places));

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        used += (size_t)snprintf(text + used, ROOM - used, "%08x%024x,%s%04x,Lamp %u,none,t%u\n",
                                 i * 2654435761u, i, "0x", COUNT + i, i, i % 7);
    }
    clock_t begun = clock();
    assert_true(read_octets(text, used));
    batch_map_init(&map);
    assert_true(batch_map_plan(&map, &batch, NULL, places, &problems, &problems));
    double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    print_message("10,000 lines: %.3f s\n", seconds);
    assert_int_equal(batch.count, COUNT);
    assert_int_equal(batch.template_count, 7);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ptr_equal(batch_find(&batch, batch.entries[i].uuid), &batch.entries[i]);
    }
    free(places);
    free(text);
}

static void too_many_lines_are_refused(void **state)
{
    size_t room = 64 + (BATCH_ENTRIES_MAX + 1) * 34, used;
    char *text = malloc(room);

    (void)state;
    used = (size_t)snprintf(text, room, "uuid\n");
    for (unsigned i = 0; i < BATCH_ENTRIES_MAX; i++) {
        used += (size_t)snprintf(text + used, room - used, "%032x\n", i);
    }
    assert_true(read_octets(text, used));
    used += (size_t)snprintf(text + used, room - used, "%032x\n", BATCH_ENTRIES_MAX);
    assert_false(read_octets(text, used));
    assert_non_null(strstr(told, "there are more than 65536 devices"));
    free(text);
}

/* -- addresses ------------------------------------------------------------------------------ */

static uint16_t node_now;    /* that the device U3 is */
static uint16_t node_before; /* that it was before */
static uint16_t node_maybe;  /* that it may be */

static uint16_t node_of(void *ctx, const uint8_t uuid[16], uint8_t *elements)
{
    assert_ptr_equal(ctx, &map);
    *elements = 2;
    return uuid[15] == 3 ? node_now : 0;
}

static enum batch_past past_of(void *ctx, const uint8_t uuid[16], uint16_t address)
{
    assert_ptr_equal(ctx, &map);
    if (uuid[15] != 3) {
        return BATCH_STRANGER;
    }
    return address == node_maybe    ? BATCH_MAY_BE
           : address == node_before ? BATCH_WAS
                                    : BATCH_STRANGER;
}

static const struct batch_network network = { .ctx = &map, .node = node_of, .past = past_of };

static bool plan(struct batch_place *places)
{
    return batch_map_plan(&map, &batch, &network, places, &problems, &problems);
}

static uint16_t lease(size_t i, uint8_t elements)
{
    static const uint8_t stranger[16] = { 0xEE };
    return batch_map_lease(&map, &batch, &network,
                           i < batch.count ? batch.entries[i].uuid : stranger, elements);
}

static void those_without_an_address_get_the_next_free_ones(void **state)
{
    struct batch_place places[5];

    (void)state;
    assert_true(read_text("uuid,address,elements\n" U1 ",,2\n" U2 ",0006,2\n" U3 ",,\n"
                          "ff*,,\n00000000000000000000000000000000,,\n"));
    node_now = 0x0003;
    batch_map_init(&map);
    batch_map_take(&map, 0x0001, 1, BATCH_OWN, 0);
    batch_map_take(&map, 0x0003, 2, BATCH_NODE, 0x0003);
    assert_true(plan(places));
    assert_int_equal(places[0].address, 0x0008); /* two in a row are free here first */
    assert_int_equal(places[0].elements, 2);
    assert_false(places[0].given);
    assert_int_equal(places[1].address, 0x0006);
    assert_true(places[1].given);
    assert_int_equal(places[2].address, 0x0003);
    assert_int_equal(places[2].elements, 2);
    assert_true(places[2].is_node);
    assert_int_equal(places[3].address, 0); /* a prefix */
    assert_int_equal(places[4].address, 0x0002);
    assert_false(places[4].is_node);
}

static void who_has_an_address_is_told(void **state)
{
    struct batch_place places[2];
    char who[80];

    (void)state;
    assert_true(read_text("uuid,address,elements\n" U1 ",000f,3\n" U2 ",0030,\n"));
    batch_map_init(&map);
    batch_map_take(&map, 0x0010, 4, BATCH_NODE, 0x0010);
    batch_map_take(&map, 0x0030, 1, BATCH_EXCLUDED, 0x0030);
    assert_false(plan(places));
    assert_string_equal(
        told, "site/plan:2: address: 0x0010 is that of the node 0x0010\n"
              "site/plan:3: address: 0x0030 is that of the node 0x0030, which has left\n");
    batch_map_take(&map, 0x0040, 0x10, BATCH_FOREIGN, 1);
    batch_map_who(&map, &batch, 0x004f, who, sizeof(who));
    assert_string_equal(who, "another provisioner (number 1)");
    batch_map_who(&map, &batch, 0x0050, who, sizeof(who));
    assert_string_equal(who, "nobody");
}

static void a_node_keeps_its_address(void **state)
{
    struct batch_place places[1];

    (void)state;
    assert_true(read_text("uuid,address\n" U3 ",0021\n"));
    node_now = 0x0020;
    batch_map_init(&map);
    batch_map_take(&map, 0x0020, 2, BATCH_NODE, 0x0020);
    assert_false(plan(places)); /* a note */
    assert_string_equal(told, "site/plan:2: address: the device is the node 0x0020, and stays so: "
                              "to be 0x0021, it has to be removed first\n");
    assert_true(places[0].is_node);
    assert_int_equal(places[0].address, 0x0020);
    assert_true(read_text("uuid,address\n" U3 ",0020\n"));
    assert_true(plan(places));
}

static void row_25_an_address_of_before_is_not_given_again(void **state)
{
    struct batch_place places[2];

    (void)state;
    assert_true(read_text("uuid,address\n" U3 ",0002\n" U1 ",0005\n"));
    node_now = 0;
    node_before = 0x0002;
    batch_map_init(&map);
    batch_map_take(&map, 0x0002, 2, BATCH_EXCLUDED, 0x0002);
    assert_false(plan(places));
    assert_string_equal(told, "site/plan:2: address: the device was 0x0002 before, which is not "
                              "given again: it gets another\n");
    assert_int_equal(places[0].address, 0x0001);
    assert_false(places[0].given);
    /* As it is heard; it is a node still for all that is known. */
    batch_map_init(&map);
    batch_map_take(&map, 0x0002, 2, BATCH_NODE, 0x0002);
    node_now = 0x0002;
    assert_true(plan(NULL));
    assert_int_equal(lease(0, 2), 0x0006);
    /* Nobody else profits from that. */
    batch_map_take(&map, 0x0005, 1, BATCH_NODE, 0x0005);
    assert_int_equal(lease(1, 1), 0);
}

static void an_address_that_may_not_have_been_taken_is_given_again(void **state)
{
    (void)state;
    assert_true(read_text("uuid,address\n" U3 ",0002\n" U1 ",\n"));
    node_now = node_maybe = 0x0002;
    node_before = 0;
    batch_map_init(&map);
    batch_map_take(&map, 0x0002, 2, BATCH_NODE, 0x0002);
    batch_map_take(&map, 0x0004, 1, BATCH_NODE, 0x0004);
    assert_true(plan(NULL));
    assert_int_equal(lease(1, 2), 0x0005);
    assert_int_equal(lease(0, 2), 0x0002);
    assert_int_equal(lease(0, 3), 0x0007); /* one of the three is another's */
    node_maybe = 0;
}

static void an_address_of_the_plan_is_kept_for_its_device(void **state)
{
    (void)state;
    assert_true(read_text("uuid,address,elements\n" U1 ",0003,\n" U2 ",0005,2\n" U3 ",,\n"));
    node_now = node_before = 0;
    batch_map_init(&map);
    batch_map_take(&map, 0x0001, 1, BATCH_OWN, 0);
    assert_true(plan(NULL));
    /* Others come first, and one that the plan does not know. */
    assert_int_equal(lease(2, 2), 0x0007);
    assert_int_equal(lease(9, 1), 0x0002);
    assert_int_equal(lease(9, 1), 0x0004);
    assert_int_equal(lease(1, 2), 0x0005);
    assert_int_equal(batch_map_owner(&map, 0x0006, NULL), BATCH_NODE);
    /* It has two elements, and the plan left room for one. */
    assert_int_equal(lease(0, 2), 0);
    assert_int_equal(lease(0, 1), 0x0003);
}

static void our_ranges_are_used_up_first(void **state)
{
    (void)state;
    assert_true(read_text("uuid,address\n" U1 ",0005\n" U2 ",\n"));
    batch_map_init(&map);
    batch_map_take(&map, 0x0001, 0x7fff, BATCH_BEYOND, 0);
    batch_map_take(&map, 0x0100, 2, BATCH_FREE, 0);
    batch_map_take(&map, 0x0001, 2, BATCH_FOREIGN, 1);
    assert_true(plan(NULL)); /* the plan may go beyond */
    assert_int_equal(lease(1, 1), 0x0100);
    assert_int_equal(lease(1, 2), 0x0003); /* only one was left of ours */
    assert_int_equal(lease(1, 1), 0x0101);
    assert_int_equal(lease(1, 1), 0x0006);
    assert_int_equal(lease(0, 1), 0x0005);
}

static void a_full_map_has_no_more(void **state)
{
    (void)state;
    assert_true(read_text("uuid,address\n" U1 ",7fff\n" U2 ",\n"));
    batch_map_init(&map);
    batch_map_take(&map, 0x0001, 0x7ffc, BATCH_FOREIGN, 2);
    assert_true(plan(NULL));
    assert_int_equal(lease(0, 2), 0);
    assert_int_equal(lease(1, 2), 0x7ffd);
    assert_int_equal(lease(1, 1), 0);
    assert_int_equal(lease(0, 1), 0x7fff);
    assert_int_equal(lease(9, 255), 0);
    assert_int_equal(lease(9, 1), 0);
    assert_int_equal(lease(9, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_come_in_any_order),
        cmocka_unit_test(one_template_is_one),
        cmocka_unit_test(quotes_hold_commas_lines_and_quotes),
        cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(a_device_has_its_own_line_or_that_of_a_prefix),
        cmocka_unit_test(problems_name_file_line_and_column),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(json_is_checked),
        cmocka_unit_test(every_problem_is_told),
        cmocka_unit_test(a_uuid_is_there_once),
        cmocka_unit_test(addresses_do_not_overlap),
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(ten_thousand_lines_are_quick),
        cmocka_unit_test(too_many_lines_are_refused),
        cmocka_unit_test(those_without_an_address_get_the_next_free_ones),
        cmocka_unit_test(who_has_an_address_is_told),
        cmocka_unit_test(a_node_keeps_its_address),
        cmocka_unit_test(row_25_an_address_of_before_is_not_given_again),
        cmocka_unit_test(an_address_that_may_not_have_been_taken_is_given_again),
        cmocka_unit_test(an_address_of_the_plan_is_kept_for_its_device),
        cmocka_unit_test(our_ranges_are_used_up_first),
        cmocka_unit_test(a_full_map_has_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
