// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: counters, those of the driver's queues and those of the device
 * (spec 9).
 */
#include <linux/export.h>
#include <net/netdev_queues.h>

#include "libsvnic_priv.h"

/* Add all counters of a structure that has only u64 members. */
static void libsvnic_stats_add(void *sum, const void *part, size_t size)
{
	const u64 *from = part;
	u64 *to = sum;
	size_t i;

	for (i = 0; i < size / sizeof(u64); i++)
		to[i] += from[i];
}

static void libsvnic_tx_read(const struct libsvnic_txq *tx,
			     struct libsvnic_tx_stats *stats)
{
	struct libsvnic_tx_stats clean;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&tx->syncp);
		*stats = tx->stats;
	} while (u64_stats_fetch_retry(&tx->syncp, start));
	do {
		start = u64_stats_fetch_begin(&tx->clean_syncp);
		clean = tx->clean_stats;
	} while (u64_stats_fetch_retry(&tx->clean_syncp, start));
	libsvnic_stats_add(stats, &clean, sizeof(clean));
}

static void libsvnic_rx_read(const struct libsvnic_rxq *rx,
			     struct libsvnic_rx_stats *stats)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&rx->syncp);
		*stats = rx->stats;
	} while (u64_stats_fetch_retry(&rx->syncp, start));
}

/**
 * libsvnic_stats_attach - set the queues that libsvnic_get_stats64() reads
 * @fn: function
 * @queues: queues that run now, NULL for none
 *
 * Context: process; instance lock held.
 */
void libsvnic_stats_attach(struct libsvnic_fn *fn,
			   struct libsvnic_queues *queues)
{
	spin_lock_bh(&fn->stats_lock);
	fn->stats_queues = queues;
	spin_unlock_bh(&fn->stats_lock);
}

/**
 * libsvnic_stats_keep_tx - move a transmit queue's counters to the function
 * @tx: queue that is not in use any more; its counters are set to 0
 *
 * Context: process; instance lock held.
 */
void libsvnic_stats_keep_tx(struct libsvnic_txq *tx)
{
	struct libsvnic_fn *fn = tx->fn;
	struct libsvnic_tx_stats stats;

	spin_lock_bh(&fn->stats_lock);
	libsvnic_tx_read(tx, &stats);
	libsvnic_stats_add(&fn->tx_base, &stats, sizeof(fn->tx_base));
	memset(&tx->stats, 0, sizeof(tx->stats));
	memset(&tx->clean_stats, 0, sizeof(tx->clean_stats));
	spin_unlock_bh(&fn->stats_lock);
}

/**
 * libsvnic_stats_keep_rx - move a receive queue's counters to the function
 * @rx: queue that is not in use any more; its counters are set to 0
 *
 * Context: process; instance lock held.
 */
void libsvnic_stats_keep_rx(struct libsvnic_rxq *rx)
{
	struct libsvnic_fn *fn = rx->fn;

	spin_lock_bh(&fn->stats_lock);
	libsvnic_stats_add(&fn->rx_base, &rx->stats, sizeof(fn->rx_base));
	memset(&rx->stats, 0, sizeof(rx->stats));
	spin_unlock_bh(&fn->stats_lock);
}

/* The low half may overflow between two reads (spec 9). */
static u64 libsvnic_hw_read(const struct libsvnic_fn *fn, u32 reg)
{
	u32 lo, hi, again;

	hi = libsvnic_rd(fn, reg + 4);
	lo = libsvnic_rd(fn, reg);
	again = libsvnic_rd(fn, reg + 4);
	if (hi != again)
		lo = libsvnic_rd(fn, reg);
	return lo | (u64)again << 32;
}

/**
 * libsvnic_hw_stat - read a counter of the device
 * @fn: function
 * @offset: of the counter in struct svnic_fn_stats
 *
 * A function that is in reset or gone reads all ones, maybe before the driver
 * has detected it. No counter reaches this value.
 *
 * Context: any.
 * Return: the counter, or its last known value if it cannot be read.
 */
u64 libsvnic_hw_stat(struct libsvnic_fn *fn, unsigned int offset)
{
	u64 *known = &fn->hw_stats[offset / sizeof(u64)], val;

	spin_lock_bh(&fn->stats_lock);
	if (test_bit(LIBSVNIC_ENABLED, fn->flags) &&
	    !test_bit(LIBSVNIC_GONE, fn->flags)) {
		val = libsvnic_hw_read(fn, SVNIC_REG_STATS + offset);
		if (!PCI_POSSIBLE_ERROR(val))
			*known = val;
	}
	val = *known;
	spin_unlock_bh(&fn->stats_lock);
	return val;
}

static u64 libsvnic_tx_packets(const struct libsvnic_tx_stats *stats)
{
	return stats->csum_none + stats->needs_csum;
}

/**
 * libsvnic_get_stats64 - ndo_get_stats64
 * @netdev: netdev
 * @stats: where to put the counters
 */
void libsvnic_get_stats64(struct net_device *netdev,
			  struct rtnl_link_stats64 *stats)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_tx_stats tx_sum, tx;
	struct libsvnic_rx_stats rx_sum, rx;
	struct libsvnic_queues *queues;
	unsigned int i;

	spin_lock_bh(&fn->stats_lock);
	tx_sum = fn->tx_base;
	rx_sum = fn->rx_base;
	queues = fn->stats_queues;
	for (i = 0; queues && i < queues->txqs; i++) {
		libsvnic_tx_read(queues->txq[i], &tx);
		libsvnic_stats_add(&tx_sum, &tx, sizeof(tx));
	}
	for (i = 0; queues && i < queues->cfg.pairs; i++) {
		libsvnic_rx_read(queues->rxq[i], &rx);
		libsvnic_stats_add(&rx_sum, &rx, sizeof(rx));
	}
	spin_unlock_bh(&fn->stats_lock);

	stats->tx_packets = libsvnic_tx_packets(&tx_sum);
	stats->tx_bytes = tx_sum.bytes;
	stats->tx_dropped = tx_sum.dropped;
	stats->rx_packets = rx_sum.packets;
	stats->rx_bytes = rx_sum.bytes;
	stats->multicast = rx_sum.multicast;
	stats->rx_dropped = rx_sum.dropped;
	stats->rx_errors = rx_sum.errors;
	stats->tx_errors =
		libsvnic_hw_stat(fn, offsetof(struct svnic_fn_stats,
					      tx_errors));
	stats->rx_missed_errors =
		libsvnic_hw_stat(fn, offsetof(struct svnic_fn_stats,
					      rx_no_buffer));
}
EXPORT_SYMBOL_NS_GPL(libsvnic_get_stats64, "LIBSVNIC");

static void libsvnic_qstats_rx(const struct libsvnic_rx_stats *from,
			       struct netdev_queue_stats_rx *to)
{
	to->packets = from->packets;
	to->bytes = from->bytes;
	to->alloc_fail = from->alloc_fail;
	to->csum_unnecessary = from->csum_unnecessary;
	to->csum_none = from->csum_none;
	to->csum_bad = from->csum_bad;
}

static void libsvnic_qstats_tx(const struct libsvnic_tx_stats *from,
			       struct netdev_queue_stats_tx *to)
{
	to->packets = libsvnic_tx_packets(from);
	to->bytes = from->bytes;
	to->csum_none = from->csum_none;
	to->needs_csum = from->needs_csum;
	to->hw_gso_packets = from->gso_packets;
	to->hw_gso_bytes = from->gso_bytes;
	to->hw_gso_wire_packets = from->gso_wire_packets;
	to->hw_gso_wire_bytes = from->gso_wire_bytes;
	to->stop = from->stop;
	to->wake = from->wake;
}

static void libsvnic_get_queue_stats_rx(struct net_device *netdev, int index,
					struct netdev_queue_stats_rx *stats)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_rx_stats rx = {};

	if (fn->state == LIBSVNIC_UP)
		libsvnic_rx_read(fn->queues->rxq[index], &rx);
	libsvnic_qstats_rx(&rx, stats);
}

static void libsvnic_get_queue_stats_tx(struct net_device *netdev, int index,
					struct netdev_queue_stats_tx *stats)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_tx_stats tx = {};

	if (fn->state == LIBSVNIC_UP)
		libsvnic_tx_read(fn->queues->txq[index], &tx);
	libsvnic_qstats_tx(&tx, stats);
}

static void libsvnic_get_base_stats(struct net_device *netdev,
				    struct netdev_queue_stats_rx *rx,
				    struct netdev_queue_stats_tx *tx)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_tx_stats sum = fn->tx_base, xdp;
	unsigned int i;

	/* The stack does not know the rings of XDP. */
	for (i = netdev->real_num_tx_queues; i < fn->txqs; i++) {
		libsvnic_tx_read(fn->queues->txq[i], &xdp);
		libsvnic_stats_add(&sum, &xdp, sizeof(sum));
	}
	libsvnic_qstats_rx(&fn->rx_base, rx);
	libsvnic_qstats_tx(&sum, tx);
}

const struct netdev_stat_ops libsvnic_stat_ops = {
	.get_queue_stats_rx	= libsvnic_get_queue_stats_rx,
	.get_queue_stats_tx	= libsvnic_get_queue_stats_tx,
	.get_base_stats		= libsvnic_get_base_stats,
};
