// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: standard counters of the port to the wire (spec 9.1), which only
 * the PF can read.
 */
#include <linux/ethtool.h>

#include "libsvnic_priv.h"

/* Ranges of svnic_port_dir.sizes. The last one has no end. */
static const struct ethtool_rmon_hist_range libsvnic_port_ranges[] = {
	{ 0, 64 },
	{ 65, 127 },
	{ 128, 255 },
	{ 256, 511 },
	{ 512, 1023 },
	{ 1024, 1518 },
	{ 1519, U16_MAX },
	{}
};

static_assert(ARRAY_SIZE(libsvnic_port_ranges) == SVNIC_PORT_SIZES + 1);
static_assert(SVNIC_PORT_SIZES <= ETHTOOL_RMON_HIST_MAX);

static bool libsvnic_port_stats(struct net_device *netdev,
				struct svnic_port_stats *stats)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	return fn->ops->port_stats && !fn->ops->port_stats(fn, stats);
}

/**
 * libsvnic_get_eth_mac_stats - ethtool get_eth_mac_stats
 * @netdev: netdev
 * @mac: where the counters go; untouched if they cannot be read
 */
void libsvnic_get_eth_mac_stats(struct net_device *netdev,
				struct ethtool_eth_mac_stats *mac)
{
	struct svnic_port_stats stats;

	if (!libsvnic_port_stats(netdev, &stats))
		return;
	mac->FramesTransmittedOK = le64_to_cpu(stats.tx.frames);
	mac->OctetsTransmittedOK = le64_to_cpu(stats.tx.octets);
	mac->MulticastFramesXmittedOK = le64_to_cpu(stats.tx.mcast);
	mac->BroadcastFramesXmittedOK = le64_to_cpu(stats.tx.bcast);
	mac->FramesReceivedOK = le64_to_cpu(stats.rx.frames);
	mac->OctetsReceivedOK = le64_to_cpu(stats.rx.octets);
	mac->MulticastFramesReceivedOK = le64_to_cpu(stats.rx.mcast);
	mac->BroadcastFramesReceivedOK = le64_to_cpu(stats.rx.bcast);
	mac->FrameCheckSequenceErrors = le64_to_cpu(stats.rx_fcs);
	mac->FrameTooLongErrors = le64_to_cpu(stats.rx_long) +
				  le64_to_cpu(stats.rx_jabber);
}

/**
 * libsvnic_get_eth_ctrl_stats - ethtool get_eth_ctrl_stats
 * @netdev: netdev
 * @ctrl: where the counters go; untouched if they cannot be read
 */
void libsvnic_get_eth_ctrl_stats(struct net_device *netdev,
				 struct ethtool_eth_ctrl_stats *ctrl)
{
	struct svnic_port_stats stats;

	if (!libsvnic_port_stats(netdev, &stats))
		return;
	ctrl->MACControlFramesTransmitted = le64_to_cpu(stats.tx.ctrl);
	ctrl->MACControlFramesReceived = le64_to_cpu(stats.rx.ctrl);
}

/**
 * libsvnic_get_rmon_stats - ethtool get_rmon_stats
 * @netdev: netdev
 * @rmon: where the counters go; untouched if they cannot be read
 * @ranges: lengths of the frames that each counter of a histogram counts
 */
void libsvnic_get_rmon_stats(struct net_device *netdev,
			     struct ethtool_rmon_stats *rmon,
			     const struct ethtool_rmon_hist_range **ranges)
{
	struct svnic_port_stats stats;
	unsigned int i;

	if (!libsvnic_port_stats(netdev, &stats))
		return;
	rmon->undersize_pkts = le64_to_cpu(stats.rx_short);
	rmon->oversize_pkts = le64_to_cpu(stats.rx_long);
	rmon->fragments = le64_to_cpu(stats.rx_frag);
	rmon->jabbers = le64_to_cpu(stats.rx_jabber);
	for (i = 0; i < SVNIC_PORT_SIZES; i++) {
		rmon->hist[i] = le64_to_cpu(stats.rx.sizes[i]);
		rmon->hist_tx[i] = le64_to_cpu(stats.tx.sizes[i]);
	}
	*ranges = libsvnic_port_ranges;
}
