/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: transmit rings, for the path of the stack and the path of XDP.
 */
#ifndef _LIBSVNIC_TX_H
#define _LIBSVNIC_TX_H

#include <linux/dma-mapping.h>

#include "libsvnic_priv.h"

/* Descriptors besides fragments: context, head, second piece of a fragment. */
#define LIBSVNIC_TX_EXTRA	3
/* Stop the stack's queue when the largest frame may not fit any more. */
#define LIBSVNIC_TX_STOP	(MAX_SKB_FRAGS + LIBSVNIC_TX_EXTRA)

static inline u32 libsvnic_tx_free_slots(const struct libsvnic_txq *tx)
{
	return tx->mask + 1 - (tx->prod - READ_ONCE(tx->cons));
}

static inline void libsvnic_tx_unmap(struct device *dev,
				     const struct libsvnic_tx_slot *slot)
{
	if (slot->len)
		dma_unmap_page(dev, slot->dma, slot->len, DMA_TO_DEVICE);
}

static inline void libsvnic_tx_slot(struct libsvnic_txq *tx, u32 slot,
				    void *frame, dma_addr_t dma, u16 len,
				    u8 entries)
{
	tx->slots[slot] = (struct libsvnic_tx_slot) {
		.skb		= frame,
		.dma		= dma,
		.len		= len,
		.entries	= entries,
	};
}

/* Ring the doorbell, unless the device reads the index by itself. */
static inline void libsvnic_tx_kick(const struct libsvnic_fn *fn,
				    struct libsvnic_txq *tx)
{
	struct svnic_queue_state *state = tx->state;
	u32 prod = tx->prod, kicked = tx->kicked;

	tx->kicked = prod;
	/* Descriptors must be visible before the index that covers them. */
	dma_wmb();
	WRITE_ONCE(state->tx_prod, cpu_to_le32(prod));
	if (libsvnic_has(fn, SVNIC_F_EVENT_IDX)) {
		/* The device writes tx_kick, then reads tx_prod (spec 4.5). */
		mb();
		if (!libsvnic_passed(le32_to_cpu(READ_ONCE(state->tx_kick)),
				     prod, kicked))
			return;
	}
	writel(prod, tx->db);
}

#endif /* _LIBSVNIC_TX_H */
