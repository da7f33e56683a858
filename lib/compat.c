// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: code behind compat.h; empty on current kernels.
 */
#include "libsvnic_priv.h"

#ifdef LIBSVNIC_COMPAT_OLD

#include <linux/ethtool.h>
#include <linux/export.h>

/* ndo_set_rx_mode is called in atomic context, but setting filters sleeps. */
static void libsvnic_compat_rx_mode_work(struct work_struct *work)
{
	struct libsvnic_fn *fn = container_of(work, struct libsvnic_fn,
					      compat.rx_mode_work);

	rtnl_lock();
	libsvnic_filters_update(fn);
	rtnl_unlock();
}

/**
 * libsvnic_compat_set_rx_mode - ndo_set_rx_mode
 * @netdev: netdev
 *
 * Context: atomic.
 */
void libsvnic_compat_set_rx_mode(struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	schedule_work(&fn->compat.rx_mode_work);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_compat_set_rx_mode, "LIBSVNIC");

/**
 * libsvnic_compat_init - initialise what only older kernels need
 * @fn: function
 */
void libsvnic_compat_init(struct libsvnic_fn *fn)
{
	INIT_WORK(&fn->compat.rx_mode_work, libsvnic_compat_rx_mode_work);
}

/**
 * libsvnic_compat_exit - opposite of libsvnic_compat_init()
 * @fn: function with its netdev unregistered
 */
void libsvnic_compat_exit(struct libsvnic_fn *fn)
{
	cancel_work_sync(&fn->compat.rx_mode_work);
}

/**
 * libsvnic_compat_get_rxnfc - get_rxnfc of ethtool_ops
 * @netdev: netdev
 * @nfc: request, filled in with the answer
 * @rules: where the locations of rules go
 *
 * Return: 0 or -errno.
 */
int libsvnic_compat_get_rxnfc(struct net_device *netdev,
			      struct ethtool_rxnfc *nfc, u32 *rules)
{
	struct ethtool_rxfh_fields fields = {
		.flow_type = nfc->flow_type & ~FLOW_RSS,
	};
	int err;

	switch (nfc->cmd) {
	case ETHTOOL_GRXRINGS:
		nfc->data = libsvnic_get_rx_ring_count(netdev);
		return 0;
	case ETHTOOL_GRXFH:
		if (nfc->flow_type & FLOW_RSS)
			fields.rss_context = nfc->rss_context;
		err = libsvnic_get_rxfh_fields(netdev, &fields);
		if (err)
			return err;
		nfc->data = fields.data;
		return 0;
	default:
		return libsvnic_get_rxnfc(netdev, nfc, rules);
	}
}

/**
 * libsvnic_compat_set_rxnfc - set_rxnfc of ethtool_ops
 * @netdev: netdev
 * @nfc: flow type and fields to hash, or a rule
 *
 * Return: 0 or -errno.
 */
int libsvnic_compat_set_rxnfc(struct net_device *netdev,
			      struct ethtool_rxnfc *nfc)
{
	struct ethtool_rxfh_fields fields = {
		.flow_type	= nfc->flow_type & ~FLOW_RSS,
		.data		= nfc->data,
	};

	if (nfc->cmd != ETHTOOL_SRXFH)
		return libsvnic_set_rxnfc(netdev, nfc);
	if (nfc->flow_type & FLOW_RSS)
		fields.rss_context = nfc->rss_context;
	return libsvnic_set_rxfh_fields(netdev, &fields, NULL);
}

#endif /* LIBSVNIC_COMPAT_OLD */
