// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: receive side scaling (spec 5.6).
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/unaligned.h>

#include "libsvnic_priv.h"

/**
 * libsvnic_rss_init - set defaults: random key, all hash types
 * @fn: function
 */
void libsvnic_rss_init(struct libsvnic_fn *fn)
{
	netdev_rss_key_fill(fn->rss.key, sizeof(fn->rss.key));
	fn->rss.ctrl = SVNIC_RSS_ENABLE | SVNIC_RSS_IPV4 | SVNIC_RSS_TCPV4 |
		       SVNIC_RSS_UDPV4 | SVNIC_RSS_IPV6 | SVNIC_RSS_TCPV6 |
		       SVNIC_RSS_UDPV6;
	libsvnic_rss_set_pairs(fn, libsvnic_pairs(fn));
}

/**
 * libsvnic_rss_set_pairs - set the number of pairs in the indirection table
 * @fn: function
 * @pairs: queue pairs that will be in use
 *
 * A table that the user has set is kept: ethtool refuses a number of channels
 * below the table's highest entry. There may still be fewer pairs than the user
 * asked for, which libsvnic_rss_pair() takes into account.
 *
 * Context: instance lock held.
 */
void libsvnic_rss_set_pairs(struct libsvnic_fn *fn, u32 pairs)
{
	unsigned int i;

	fn->rss.pairs = pairs;
	if (netif_is_rxfh_configured(fn->netdev))
		return;
	for (i = 0; i < fn->limits.rss_size; i++)
		fn->rss.table[i] = ethtool_rxfh_indir_default(i, pairs);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rss_set_pairs);

/**
 * libsvnic_rss_pair - queue pair of an entry of the indirection table
 * @fn: function
 * @entry: number of the entry
 *
 * Context: instance lock held.
 * Return: the configured pair, or another one if that is not in use.
 */
u32 libsvnic_rss_pair(const struct libsvnic_fn *fn, unsigned int entry)
{
	return fn->rss.table[entry] % fn->rss.pairs;
}

/**
 * libsvnic_rss_write - program receive side scaling into the device
 * @fn: enabled function
 *
 * Context: instance lock held.
 */
void libsvnic_rss_write(struct libsvnic_fn *fn)
{
	unsigned int i;
	u32 val;

	if (!libsvnic_has(fn, SVNIC_F_RSS))
		return;
	for (i = 0; i < SVNIC_RSS_KEY_LEN; i += 4)
		libsvnic_wr(fn, SVNIC_REG_RSS_KEY + i,
			    get_unaligned_le32(&fn->rss.key[i]));
	/* Four entries per register, the first one in the lowest bits. */
	for (i = 0, val = 0; i < fn->limits.rss_size; i++) {
		val = val >> 8 | libsvnic_rss_pair(fn, i) << 24;
		if (i % 4 == 3)
			libsvnic_wr(fn, SVNIC_REG_RSS_TABLE + i - 3, val);
	}
	libsvnic_wr(fn, SVNIC_REG_RSS_CTRL, fn->rss.ctrl);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rss_write);
