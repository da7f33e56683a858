/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: a queue of frames from one thread to another.
 *
 * It is a ring of bytes. A frame is contiguous, so that the consumer can use it
 * in place. The lock guards the indices only; the bytes between them belong to
 * one side at a time.
 */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "qemu/units.h"
#include "svnic_qemu.h"

/* Enough for 30 frames of maximum size, or 1000 of 1514 bytes. */
#define SVNIC_FIFO_SIZE (2 * MiB)
/* The producer is called again when this number of bytes is free. */
#define SVNIC_FIFO_LOW (SVNIC_FIFO_SIZE / 2)

/* @size: length of the whole slot in bytes; a gap has a header only. */
typedef struct SvnicSlot {
    size_t size;
    bool gap;
    struct svnic_frame frame;
} SvnicSlot;

#define SVNIC_SLOT_ALIGN QEMU_ALIGN_UP(sizeof(SvnicSlot), 64)

static SvnicSlot *svnic_fifo_slot(SvnicFifo *fifo, size_t at)
{
    return (SvnicSlot *)(fifo->buf + at % fifo->size);
}

static uint8_t *svnic_fifo_slot_data(SvnicSlot *slot)
{
    return (uint8_t *)slot + SVNIC_SLOT_ALIGN;
}

void svnic_fifo_init(SvnicFifo *fifo)
{
    QEMU_BUILD_BUG_ON(SVNIC_FIFO_SIZE % SVNIC_SLOT_ALIGN);
    memset(fifo, 0, sizeof(*fifo));
    qemu_mutex_init(&fifo->lock);
    fifo->size = SVNIC_FIFO_SIZE;
    fifo->buf = g_malloc(fifo->size);
}

void svnic_fifo_destroy(SvnicFifo *fifo)
{
    g_free(fifo->buf);
    qemu_mutex_destroy(&fifo->lock);
}

/* @fifo->lock is held */
static void svnic_fifo_room(SvnicFifo *fifo)
{
    if (fifo->full && fifo->head - fifo->tail <= fifo->size - SVNIC_FIFO_LOW) {
        fifo->full = false;
        if (fifo->room) {
            fifo->room(fifo->room_opaque);
        }
    }
}

/* Sets the consumer; frames that were put in before are dropped. */
void svnic_fifo_consumer(SvnicFifo *fifo, SvnicFifoNotify *data, void *opaque)
{
    QEMU_LOCK_GUARD(&fifo->lock);
    fifo->data = data;
    fifo->data_opaque = opaque;
    fifo->tail = fifo->head;
    svnic_fifo_room(fifo);
}

void svnic_fifo_producer(SvnicFifo *fifo, SvnicFifoNotify *room, void *opaque)
{
    QEMU_LOCK_GUARD(&fifo->lock);
    fifo->room = room;
    fifo->room_opaque = opaque;
    fifo->full = false;
}

bool svnic_fifo_push(SvnicFifo *fifo, const struct svnic_frame *frame)
{
    size_t size = QEMU_ALIGN_UP(SVNIC_SLOT_ALIGN + frame->len,
                                SVNIC_SLOT_ALIGN);
    size_t head, to_end;
    SvnicSlot *slot;

    WITH_QEMU_LOCK_GUARD(&fifo->lock) {
        head = fifo->head;
        to_end = fifo->size - head % fifo->size;
        if (size + (to_end < size ? to_end : 0) >
            fifo->size - (head - fifo->tail)) {
            fifo->full = true;
            return false;
        }
    }

    if (to_end < size) {
        slot = svnic_fifo_slot(fifo, head);
        slot->size = to_end;
        slot->gap = true;
        head += to_end;
    }
    slot = svnic_fifo_slot(fifo, head);
    slot->size = size;
    slot->gap = false;
    slot->frame = *frame;
    slot->frame.data = svnic_fifo_slot_data(slot);
    memcpy(svnic_fifo_slot_data(slot), frame->data, frame->len);

    WITH_QEMU_LOCK_GUARD(&fifo->lock) {
        bool was_empty = fifo->head == fifo->tail;

        fifo->head = head + size;
        if (was_empty && fifo->data) {
            fifo->data(fifo->data_opaque);
        }
    }
    return true;
}

/* Returns the oldest frame, which is valid until svnic_fifo_pop(). */
bool svnic_fifo_peek(SvnicFifo *fifo, struct svnic_frame *frame)
{
    SvnicSlot *slot;

    QEMU_LOCK_GUARD(&fifo->lock);
    if (fifo->head == fifo->tail) {
        return false;
    }
    slot = svnic_fifo_slot(fifo, fifo->tail);
    if (slot->gap) {
        fifo->tail += slot->size;
        slot = svnic_fifo_slot(fifo, fifo->tail);
    }
    *frame = slot->frame;
    return true;
}

void svnic_fifo_pop(SvnicFifo *fifo)
{
    QEMU_LOCK_GUARD(&fifo->lock);
    fifo->tail += svnic_fifo_slot(fifo, fifo->tail)->size;
    svnic_fifo_room(fifo);
}
