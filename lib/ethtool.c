// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: ethtool operations that PF and VF share.
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>

#include "libsvnic_priv.h"

struct libsvnic_hw_stat {
	char		name[ETH_GSTRING_LEN];
	unsigned int	offset;
};

#define LIBSVNIC_HW_STAT(member) \
	{ #member, offsetof(struct svnic_fn_stats, member) }

/* Counters of the device that no standard statistic covers (spec 9). */
static const struct libsvnic_hw_stat libsvnic_hw_stats[] = {
	LIBSVNIC_HW_STAT(rx_coalesced),
	LIBSVNIC_HW_STAT(rx_coalesced_segs),
	LIBSVNIC_HW_STAT(tx_tso),
	LIBSVNIC_HW_STAT(tx_spoof_mac),
	LIBSVNIC_HW_STAT(tx_spoof_vlan),
	LIBSVNIC_HW_STAT(tx_link_down),
	LIBSVNIC_HW_STAT(mbx_requests),
	LIBSVNIC_HW_STAT(mbx_dropped),
	LIBSVNIC_HW_STAT(dma_reads),
	LIBSVNIC_HW_STAT(dma_read_bytes),
	LIBSVNIC_HW_STAT(dma_writes),
	LIBSVNIC_HW_STAT(dma_write_bytes),
	LIBSVNIC_HW_STAT(doorbells),
	LIBSVNIC_HW_STAT(interrupts),
	LIBSVNIC_HW_STAT(resets),
};

static int libsvnic_get_sset_count(struct net_device *netdev, int sset)
{
	return sset == ETH_SS_STATS ? ARRAY_SIZE(libsvnic_hw_stats) :
				      -EOPNOTSUPP;
}

static void libsvnic_get_strings(struct net_device *netdev, u32 sset,
				 u8 *data)
{
	unsigned int i;

	if (sset != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(libsvnic_hw_stats); i++)
		ethtool_puts(&data, libsvnic_hw_stats[i].name);
}

static void libsvnic_get_ethtool_stats(struct net_device *netdev,
				       struct ethtool_stats *stats, u64 *data)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(libsvnic_hw_stats); i++)
		data[i] = libsvnic_hw_stat(fn, libsvnic_hw_stats[i].offset);
}

/* Registers of 0x000..0x1ff, then the blocks of the queue pairs (spec 3). */
#define LIBSVNIC_REGS_BASE	0x200
#define LIBSVNIC_REGS_VERSION	1

static int libsvnic_get_regs_len(struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	return LIBSVNIC_REGS_BASE + fn->limits.pairs * SVNIC_QCFG_STRIDE;
}

static void libsvnic_get_regs(struct net_device *netdev,
			      struct ethtool_regs *regs, void *data)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 *out = data;
	u32 reg;

	regs->version = LIBSVNIC_REGS_VERSION;
	for (reg = 0; reg < LIBSVNIC_REGS_BASE; reg += 4)
		*out++ = libsvnic_rd(fn, reg);
	for (reg = 0; reg < fn->limits.pairs * SVNIC_QCFG_STRIDE; reg += 4)
		*out++ = libsvnic_rd(fn, SVNIC_REG_QCFG + reg);
}

static int libsvnic_get_link_ksettings(struct net_device *netdev,
				       struct ethtool_link_ksettings *cmd)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 link = libsvnic_rd(fn, SVNIC_REG_LINK);
	u32 speed = link & SVNIC_LINK_SPEED_MASK;

	/* The device may be in reset or gone without the driver knowing it. */
	if (PCI_POSSIBLE_ERROR(link))
		link = 0;
	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.autoneg = AUTONEG_DISABLE;
	cmd->base.port = PORT_OTHER;
	cmd->base.speed = SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_UNKNOWN;
	if (link & SVNIC_LINK_UP && netif_carrier_ok(netdev)) {
		cmd->base.speed = speed ?: (u32)SPEED_UNKNOWN;
		cmd->base.duplex = DUPLEX_FULL;
	}
	return 0;
}

static void libsvnic_get_ringparam(struct net_device *netdev,
				   struct ethtool_ringparam *ring,
				   struct kernel_ethtool_ringparam *kring,
				   struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	ring->rx_max_pending = fn->limits.ring_max;
	ring->tx_max_pending = fn->limits.ring_max;
	ring->rx_pending = fn->cfg.rx_size;
	ring->tx_pending = fn->cfg.tx_size;
}

static int libsvnic_set_ringparam(struct net_device *netdev,
				  struct ethtool_ringparam *ring,
				  struct kernel_ethtool_ringparam *kring,
				  struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_cfg cfg = fn->cfg;

	if (min(ring->rx_pending, ring->tx_pending) < fn->limits.ring_min) {
		NL_SET_ERR_MSG_FMT(extack, "a ring has at least %u entries",
				   fn->limits.ring_min);
		return -EINVAL;
	}
	/* As in other drivers, round up to a size that the device supports. */
	cfg.rx_size = roundup_pow_of_two(ring->rx_pending);
	cfg.tx_size = roundup_pow_of_two(ring->tx_pending);
	if (cfg.rx_size == fn->cfg.rx_size && cfg.tx_size == fn->cfg.tx_size)
		return 0;
	return libsvnic_reconfigure_rings(fn, &cfg, extack);
}

static void libsvnic_get_channels(struct net_device *netdev,
				  struct ethtool_channels *channels)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	channels->max_combined = fn->limits.pairs;
	channels->combined_count = libsvnic_pairs_now(fn);
}

static int libsvnic_set_channels(struct net_device *netdev,
				 struct ethtool_channels *channels)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 used = libsvnic_flow_pairs(fn);
	struct libsvnic_cfg cfg = fn->cfg;

	cfg.pairs = channels->combined_count;
	/* ethtool looks at rules and at contexts, but not at their sums. */
	if (cfg.pairs < used) {
		netdev_info(netdev, "flow rules use %u queues\n", used);
		return -EINVAL;
	}
	return libsvnic_reconfigure(fn, &cfg, NULL);
}

static int libsvnic_get_coalesce(struct net_device *netdev,
				 struct ethtool_coalesce *coal,
				 struct kernel_ethtool_coalesce *kcoal,
				 struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	if (!libsvnic_has(fn, SVNIC_F_MODERATION))
		return -EOPNOTSUPP;
	coal->rx_coalesce_usecs = fn->coalesce_rx.usecs;
	coal->rx_max_coalesced_frames = fn->coalesce_rx.frames;
	coal->tx_coalesce_usecs = fn->coalesce_tx.usecs;
	coal->tx_max_coalesced_frames = fn->coalesce_tx.frames;
	return 0;
}

static int libsvnic_set_coalesce(struct net_device *netdev,
				 struct ethtool_coalesce *coal,
				 struct kernel_ethtool_coalesce *kcoal,
				 struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	if (!libsvnic_has(fn, SVNIC_F_MODERATION))
		return -EOPNOTSUPP;
	if (coal->rx_coalesce_usecs > fn->limits.moderation_max ||
	    coal->tx_coalesce_usecs > fn->limits.moderation_max) {
		NL_SET_ERR_MSG_FMT(extack,
				   "rx-usecs and tx-usecs are at most %u",
				   fn->limits.moderation_max);
		return -ERANGE;
	}
	if (coal->rx_max_coalesced_frames > U16_MAX ||
	    coal->tx_max_coalesced_frames > U16_MAX) {
		NL_SET_ERR_MSG_FMT(extack,
				   "rx-frames and tx-frames are at most %u",
				   U16_MAX);
		return -ERANGE;
	}
	fn->coalesce_rx = (struct libsvnic_coalesce) {
		.usecs	= coal->rx_coalesce_usecs,
		.frames	= coal->rx_max_coalesced_frames,
	};
	fn->coalesce_tx = (struct libsvnic_coalesce) {
		.usecs	= coal->tx_coalesce_usecs,
		.frames	= coal->tx_max_coalesced_frames,
	};
	if (fn->state == LIBSVNIC_UP)
		libsvnic_moderation_write(fn, fn->queues);
	return 0;
}

/**
 * libsvnic_get_rx_ring_count - ethtool get_rx_ring_count
 * @netdev: netdev
 *
 * Return: receive rings.
 */
u32 libsvnic_get_rx_ring_count(struct net_device *netdev)
{
	return netdev->real_num_rx_queues;
}

/* ethtool operations of both drivers. */
const struct ethtool_ops libsvnic_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_USECS |
				     ETHTOOL_COALESCE_MAX_FRAMES,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= libsvnic_get_link_ksettings,
	.get_regs_len		= libsvnic_get_regs_len,
	.get_regs		= libsvnic_get_regs,
	.get_sset_count		= libsvnic_get_sset_count,
	.get_strings		= libsvnic_get_strings,
	.get_ethtool_stats	= libsvnic_get_ethtool_stats,
	.get_ringparam		= libsvnic_get_ringparam,
	.set_ringparam		= libsvnic_set_ringparam,
	.get_channels		= libsvnic_get_channels,
	.set_channels		= libsvnic_set_channels,
	.get_coalesce		= libsvnic_get_coalesce,
	.set_coalesce		= libsvnic_set_coalesce,
	.get_rxfh_key_size	= libsvnic_get_rxfh_key_size,
	.get_rxfh_indir_size	= libsvnic_get_rxfh_indir_size,
	.get_rxfh		= libsvnic_get_rxfh,
	.set_rxfh		= libsvnic_set_rxfh,
	/* The size is constant, but it is the device that says so. */
	.rxfh_indir_space	= SVNIC_RSS_TABLE_MAX,
	.rxfh_max_num_contexts	= LIBSVNIC_RSS_CONTEXTS + 1,
	.rxfh_per_ctx_key	= true,
	.cap_rss_rxnfc_adds	= true,
	.rxfh_priv_size		= sizeof(struct libsvnic_rss_ctx),
	.create_rxfh_context	= libsvnic_create_rxfh_context,
	.modify_rxfh_context	= libsvnic_modify_rxfh_context,
	.remove_rxfh_context	= libsvnic_remove_rxfh_context,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_eth_mac_stats	= libsvnic_get_eth_mac_stats,
	.get_eth_ctrl_stats	= libsvnic_get_eth_ctrl_stats,
	.get_rmon_stats		= libsvnic_get_rmon_stats,
#ifndef LIBSVNIC_COMPAT_OLD
	.get_rx_ring_count	= libsvnic_get_rx_ring_count,
	.get_rxnfc		= libsvnic_get_rxnfc,
	.set_rxnfc		= libsvnic_set_rxnfc,
	.rxfh_per_ctx_fields	= true,
	.get_rxfh_fields	= libsvnic_get_rxfh_fields,
	.set_rxfh_fields	= libsvnic_set_rxfh_fields,
	.supported_input_xfrm	= RXH_XFRM_SYM_XOR | RXH_XFRM_SYM_OR_XOR,
	.op_needs_rtnl		= ETHTOOL_OP_NEEDS_RTNL_SCHANNELS |
				  ETHTOOL_OP_NEEDS_RTNL_SRINGPARAM |
				  ETHTOOL_OP_NEEDS_RTNL_GLINK,
#else
	.get_rxnfc		= libsvnic_compat_get_rxnfc,
	.set_rxnfc		= libsvnic_compat_set_rxnfc,
#endif
};
EXPORT_SYMBOL_IF_KUNIT(libsvnic_ethtool_ops);
