/*
 * Key-value storage on raw flash, for ports that have nothing better: what port.h asks of kv_get,
 * kv_set and kv_del, on two or more sectors of NOR flash. No heap, no index in memory; a record is
 * looked for by reading the heads of what was written since the last compaction.
 *
 * The sectors are two banks, of which one is in use. Records are appended to it; when it is full,
 * those that still count are copied to the other one. Each compaction erases one bank, the two by
 * turns, so all sectors wear alike: one erase of each per 2 * (bank - records that count) octets
 * appended, where a record of n octets takes n + 10, the parts rounded up to the write unit. A
 * write that a power cut ended costs an early compaction.
 *
 *     static struct usher_flashlog log;
 *     usher_flashlog_open(&log, &my_flash); // before usher_mesh_load()
 *     port.kv_ctx = &log;
 *     port.kv_get = usher_flashlog_get;
 *     port.kv_set = usher_flashlog_set;
 *     port.kv_del = usher_flashlog_del;
 */
#ifndef USHER_FLASHLOG_H
#define USHER_FLASHLOG_H

#include <usher/config.h>
#include <usher/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The flash, as its driver gives it. Erased octets are 0xFF. */
struct usher_flash {
    void *ctx; /**< Handed to every function below. */
    uint32_t sector_size;
    uint16_t sectors; /**< At least 2; of an odd number, the last is not used. */
    uint8_t unit;     /**< Octets that are programmed at once: 1, 2, 4 or 8. Divides the sector. */
    /** Reads @p len octets from @p at, an offset from the first sector. */
    enum usher_err (*read)(void *ctx, uint32_t at, void *buf, size_t len);
    /**
     * Programs units that were erased and not programmed since, and returns when that is done.
     *
     * @param at   A multiple of the unit; units of a sector come in any order.
     * @param len  Likewise; never across the end of a bank.
     */
    enum usher_err (*write)(void *ctx, uint32_t at, const void *buf, size_t len);
    /** Erases a sector, 0..sectors - 1, and returns when that is done. */
    enum usher_err (*erase)(void *ctx, uint16_t sector);
};

/** A log; all members are private. */
struct usher_flashlog {
    const struct usher_flash *flash;
    uint32_t generation; /* of the bank in use; 0: none is */
    uint32_t end;        /* where it goes on, from the bank's start */
    uint8_t bank;
    bool closed; /* nothing can be appended any more */
};

/**
 * Finds what is on the flash, and checks all of it. Flash without a log counts as an empty log.
 *
 * @param flash  Good for the log's life.
 *
 * @retval USHER_OK       Ready.
 * @retval USHER_E_PARAM  Not a flash as described above, or sectors too small for one record.
 * @retval USHER_E_DATA   The flash has lost what was written: this is not what a power cut leaves.
 *                        To begin again, erase the sectors and open it once more.
 * @retval others         The driver's.
 */
enum usher_err usher_flashlog_open(struct usher_flashlog *log, const struct usher_flash *flash);

/** The port's kv_get; its kv_ctx is the log. @retval USHER_E_DATA  The record has been lost. */
enum usher_err usher_flashlog_get(void *log, uint16_t key, uint8_t *buf, size_t size, size_t *len);
/**
 * The port's kv_set.
 *
 * @retval USHER_E_NO_MEM  What counts, and this, do not fit into a bank.
 * @retval USHER_E_SIZE    Not 1..USHER_RECORD_MAX octets.
 */
enum usher_err usher_flashlog_set(void *log, uint16_t key, const uint8_t *buf, size_t len);
/**
 * The port's kv_del. When the last record goes, both banks are erased: nothing of old keys can be
 * read from a device that has been reset.
 */
enum usher_err usher_flashlog_del(void *log, uint16_t key);

#ifdef __cplusplus
}
#endif

#endif
