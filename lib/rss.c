// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: receive side scaling (spec 5.6).
 */
#include <linux/ethtool.h>
#include <linux/unaligned.h>

#include "libsvnic.h"

/**
 * libsvnic_rss_init - defaults: random key, all there is to hash
 * @fn: function
 */
void libsvnic_rss_init(struct libsvnic_fn *fn)
{
	netdev_rss_key_fill(fn->rss.key, sizeof(fn->rss.key));
	fn->rss.ctrl = SVNIC_RSS_ENABLE | SVNIC_RSS_IPV4 | SVNIC_RSS_TCPV4 |
		       SVNIC_RSS_UDPV4 | SVNIC_RSS_IPV6 | SVNIC_RSS_TCPV6 |
		       SVNIC_RSS_UDPV6;
	libsvnic_rss_spread(fn, fn->cfg.pairs);
}

/**
 * libsvnic_rss_spread - fit the indirection table to the number of pairs
 * @fn: function
 * @pairs: queue pairs there will be
 *
 * A table the user has set stays: ethtool refuses channels it would exceed.
 *
 * Context: instance lock held.
 */
void libsvnic_rss_spread(struct libsvnic_fn *fn, u32 pairs)
{
	unsigned int i;

	for (i = 0; i < fn->limits.rss_size; i++) {
		if (!netif_is_rxfh_configured(fn->netdev))
			fn->rss.table[i] = ethtool_rxfh_indir_default(i, pairs);
		else if (fn->rss.table[i] >= pairs)
			fn->rss.table[i] %= pairs;
	}
}

/**
 * libsvnic_rss_write - tell the device
 * @fn: enabled function
 *
 * Context: instance lock held.
 */
void libsvnic_rss_write(struct libsvnic_fn *fn)
{
	unsigned int i;

	if (!libsvnic_has(fn, SVNIC_F_RSS))
		return;
	for (i = 0; i < SVNIC_RSS_KEY_LEN; i += 4)
		libsvnic_wr(fn, SVNIC_REG_RSS_KEY + i,
			    get_unaligned_le32(&fn->rss.key[i]));
	for (i = 0; i < fn->limits.rss_size; i += 4)
		libsvnic_wr(fn, SVNIC_REG_RSS_TABLE + i,
			    get_unaligned_le32(&fn->rss.table[i]));
	libsvnic_wr(fn, SVNIC_REG_RSS_CTRL, fn->rss.ctrl);
}
