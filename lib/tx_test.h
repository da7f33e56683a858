/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: transmit rings of a fake device, for KUnit tests.
 */
#ifndef _LIBSVNIC_TX_TEST_H
#define _LIBSVNIC_TX_TEST_H

#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>

#include "libsvnic_priv.h"

#define TX_SIZE		64

static inline void tx_no_restart(struct work_struct *work)
{
}

/* The function of a netdev, as far as transmitting needs it. */
static inline struct libsvnic_fn *tx_fn(struct kunit *test,
					struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	fn->netdev = netdev;
	fn->features = SVNIC_F_EVENT_IDX | SVNIC_F_TX_INLINE;
	fn->limits.frame_max = ETH_FRAME_LEN;
	fn->limits.tx_inline = LIBSVNIC_TX_INLINE;
	fn->limits.tx_chain = 20;
	set_bit(LIBSVNIC_RUNNING, fn->flags);
	INIT_DELAYED_WORK(&fn->restart_work, tx_no_restart);
	fn->state = LIBSVNIC_UP;
	fn->pdev = kunit_kzalloc(test, sizeof(*fn->pdev), GFP_KERNEL);
	fn->queues = kunit_kzalloc(test, sizeof(*fn->queues), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fn->pdev);
	KUNIT_ASSERT_NOT_NULL(test, fn->queues);
	fn->pdev->dma_mask = DMA_BIT_MASK(64);
	fn->pdev->dev.dma_mask = &fn->pdev->dma_mask;
	return fn;
}

/* The next ring of a function, without the stack's queue. */
static inline struct libsvnic_txq *tx_ring(struct kunit *test,
					   struct libsvnic_fn *fn)
{
	struct libsvnic_txq *tx;

	tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tx);
	tx->desc = kunit_kcalloc(test, TX_SIZE, sizeof(*tx->desc), GFP_KERNEL);
	tx->slots = kunit_kcalloc(test, TX_SIZE, sizeof(*tx->slots),
				  GFP_KERNEL);
	tx->state = kunit_kzalloc(test, sizeof(*tx->state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tx->desc);
	KUNIT_ASSERT_NOT_NULL(test, tx->slots);
	KUNIT_ASSERT_NOT_NULL(test, tx->state);
	tx->mask = TX_SIZE - 1;
	tx->fn = fn;
	spin_lock_init(&tx->lock);
	u64_stats_init(&tx->syncp);
	u64_stats_init(&tx->clean_syncp);
	tx->index = fn->queues->txqs++;
	fn->queues->txq[tx->index] = tx;
	return tx;
}

/* Set the index so that no doorbell is rung: there is none. */
static inline void tx_no_kick(struct libsvnic_txq *tx)
{
	tx->state->tx_kick = cpu_to_le32(tx->prod + SZ_1G);
}

#endif /* _LIBSVNIC_TX_TEST_H */
