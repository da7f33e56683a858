// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: netdev operations that PF and VF share.
 */
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>
#include <net/netdev_queues.h>

#include "libsvnic_priv.h"

/* Tunnels in which the device segments TCP (spec 5.3). */
#define LIBSVNIC_TUNNELS	(NETIF_F_GSO_UDP_TUNNEL |		\
				 NETIF_F_GSO_UDP_TUNNEL_CSUM |		\
				 NETIF_F_GSO_GRE | NETIF_F_GSO_IPXIP4 |	\
				 NETIF_F_GSO_IPXIP6)

#define LIBSVNIC_PAIRS_DEFAULT	8
#define LIBSVNIC_RX_USECS	20
#define LIBSVNIC_RX_FRAMES	32
/*
 * Transmit completions can wait: only a sender that has reached its limit needs
 * them at once. With a long delay most are handled in the poll of an interrupt
 * for received frames. TCP copes with a delay of 1 ms (sk_pacing_shift).
 */
#define LIBSVNIC_TX_USECS	250
#define LIBSVNIC_TX_FRAMES	32

#define LIBSVNIC_TX_DEFAULT	1024U	/* descriptors */
/*
 * A sender stops when its ring is full, but frames from the wire are lost, so
 * receive rings are larger. By default all rings of an interface together have
 * no more than 8192 buffers, which take 32 MiB.
 */
#define LIBSVNIC_RX_DEFAULT	2048U	/* postings */
#define LIBSVNIC_RX_BUFS	8192U

#define LIBSVNIC_VLAN_FILTERS	(NETIF_F_HW_VLAN_CTAG_FILTER | \
				 NETIF_F_HW_VLAN_STAG_FILTER)

/**
 * libsvnic_link_update - set the carrier to the link state of the device
 * @fn: function
 *
 * The carrier is off while the queues do not run.
 *
 * Context: lock of the event ring held.
 */
void libsvnic_link_update(struct libsvnic_fn *fn)
{
	u32 link;

	if (!test_bit(LIBSVNIC_RUNNING, fn->flags))
		return;
	link = libsvnic_rd(fn, SVNIC_REG_LINK);
	if (!libsvnic_alive(fn))
		link = 0;
	if (link & SVNIC_LINK_UP)
		netif_carrier_on(fn->netdev);
	else
		netif_carrier_off(fn->netdev);
}

static void libsvnic_rx_ctrl_write(struct libsvnic_fn *fn,
				   netdev_features_t features, bool xdp)
{
	u32 ctrl = 0;

	if (features & NETIF_F_HW_VLAN_CTAG_RX)
		ctrl |= SVNIC_RX_CTRL_VLAN_STRIP;
	/*
	 * Coalesced frames are allowed when those of GRO are, and never in
	 * queues for an XDP program, which is to see each frame.
	 */
	if (libsvnic_has(fn, SVNIC_F_RX_COALESCE) && !xdp &&
	    features & NETIF_F_GRO && features & NETIF_F_RXCSUM)
		ctrl |= SVNIC_RX_CTRL_COALESCE;
	libsvnic_wr(fn, SVNIC_REG_RX_CTRL, ctrl);
}

/**
 * libsvnic_fix_features - ndo_fix_features
 * @netdev: netdev
 * @features: what the user wants
 *
 * Only a trusted function may receive the frames of all VLANs.
 *
 * Return: features that are possible.
 */
netdev_features_t libsvnic_fix_features(struct net_device *netdev,
					netdev_features_t features)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	if (!fn->filters.trusted)
		features |= LIBSVNIC_VLAN_FILTERS;
	return features;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_fix_features, "LIBSVNIC");

/**
 * libsvnic_set_features - ndo_set_features
 * @netdev: netdev
 * @features: new features
 *
 * Return: 0.
 */
int libsvnic_set_features(struct net_device *netdev,
			  netdev_features_t features)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_rx_ctrl_write(fn, features,
				       fn->queues && fn->queues->xdp);
	/* The device has one flag for both. */
	libsvnic_vlan_filter(fn, (features & LIBSVNIC_VLAN_FILTERS) ==
				 LIBSVNIC_VLAN_FILTERS);
	if (!(features & NETIF_F_NTUPLE))
		libsvnic_flow_flush(fn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_set_features, "LIBSVNIC");

/* Start all queues, then the stack's queues. */
static int libsvnic_start_traffic(struct libsvnic_fn *fn,
				  struct libsvnic_queues *queues)
{
	struct net_device *netdev = fn->netdev;
	int err;

	err = netif_set_real_num_queues(netdev, queues->cfg.pairs,
					queues->cfg.pairs);
	if (err)
		return err;
	libsvnic_rx_ctrl_write(fn, netdev->features, queues->xdp);
	libsvnic_rss_write(fn);
	libsvnic_flow_sync(fn);
	libsvnic_moderation_write(fn, queues);
	err = libsvnic_queues_start(fn, queues);
	if (err)
		return err;
	/* Wake, do not just start: a qdisc may have packets waiting. */
	netif_tx_wake_all_queues(netdev);
	spin_lock_irq(&fn->evq.lock);
	libsvnic_link_update(fn);
	spin_unlock_irq(&fn->evq.lock);
	return 0;
}

/* Stop the stack's queues, then all queues. */
static void libsvnic_stop_traffic(struct libsvnic_fn *fn)
{
	/*
	 * A poll that has seen the queues running may still wake one of them,
	 * and an event may turn the carrier on.
	 */
	clear_bit(LIBSVNIC_RUNNING, fn->flags);
	synchronize_net();
	netif_tx_disable(fn->netdev);
	libsvnic_queues_stop(fn, fn->queues);
}

/*
 * Allocate the vectors that an open interface needs besides vector 0. If there
 * are fewer pairs or vectors than wanted, use fewer. If there are none, share
 * vector 0: a slow interface is better than none.
 */
static int libsvnic_open_vectors(struct libsvnic_fn *fn,
				 struct libsvnic_cfg *cfg)
{
	int err;

	cfg->pairs = libsvnic_pairs(fn);
	err = libsvnic_event_irq_setup(fn);
	if (err)
		return err;
	while (libsvnic_irq_grow(fn, cfg->pairs + 1) && cfg->pairs > 1) {
		cfg->pairs /= 2;
		netdev_info(fn->netdev,
			    "short of interrupt vectors, trying %u queue pairs\n",
			    cfg->pairs);
	}
	return 0;
}

/*
 * A vector that was allocated may still fail with -ENOSPC when its interrupt is
 * requested. Use fewer vectors then; false if that is not possible.
 */
static bool libsvnic_fewer_vectors(struct libsvnic_fn *fn,
				   struct libsvnic_cfg *cfg)
{
	if (fn->nvec == 1)
		return false;
	if (cfg->pairs == 1) {
		libsvnic_irq_shrink(fn, 1);
		return true;
	}
	cfg->pairs /= 2;
	libsvnic_irq_shrink(fn, cfg->pairs + 1);
	return true;
}

/* Opposite of libsvnic_open_vectors(). */
static void libsvnic_close_vectors(struct libsvnic_fn *fn)
{
	libsvnic_irq_shrink(fn, 1);
}

/**
 * libsvnic_open - ndo_open
 * @netdev: netdev
 *
 * A function that is down, or was never ready, gets its queues when
 * libsvnic_restore() opens the interface.
 *
 * Return: 0 or -errno.
 */
int libsvnic_open(struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_cfg cfg = fn->cfg;
	struct libsvnic_queues *queues;
	int err;

	if (!test_bit(LIBSVNIC_ENABLED, fn->flags)) {
		netif_tx_disable(netdev);
		fn->state = LIBSVNIC_LOST;
		return 0;
	}
	err = libsvnic_open_vectors(fn, &cfg);
	if (err)
		return err;
	do {
		queues = libsvnic_queues_alloc(fn, &cfg);
		if (!queues) {
			err = -ENOMEM;
			break;
		}
		libsvnic_rss_set_pairs(fn, cfg.pairs);
		err = libsvnic_start_traffic(fn, queues);
		if (!err) {
			fn->state = LIBSVNIC_UP;
			return 0;
		}
		libsvnic_queues_free(fn, queues);
	} while (err == -ENOSPC && libsvnic_fewer_vectors(fn, &cfg));
	libsvnic_close_vectors(fn);
	return err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_open, "LIBSVNIC");

/**
 * libsvnic_close - free queues and vectors, if there are any
 * @fn: function; the device may be gone
 * @state: state of the interface afterwards
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_close(struct libsvnic_fn *fn, enum libsvnic_state state)
{
	struct libsvnic_queues *queues = fn->queues;

	if (fn->state == LIBSVNIC_UP) {
		libsvnic_stop_traffic(fn);
		netif_carrier_off(fn->netdev);
		libsvnic_queues_free(fn, queues);
		libsvnic_close_vectors(fn);
	}
	fn->state = state;
}

/**
 * libsvnic_stop - ndo_stop
 * @netdev: netdev
 *
 * Return: 0.
 */
int libsvnic_stop(struct net_device *netdev)
{
	libsvnic_close(netdev_priv(netdev), LIBSVNIC_DOWN);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_stop, "LIBSVNIC");

/**
 * libsvnic_reconfigure - change the queue configuration
 * @fn: function
 * @cfg: new configuration, within the limits
 * @extack: for the message when it fails
 *
 * The new queues are allocated before the old ones are stopped. On error the
 * old ones continue. If they cannot be started again either, the interface is
 * LIBSVNIC_LOST, without queues and vectors, until a reset opens it again.
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno.
 */
int libsvnic_reconfigure(struct libsvnic_fn *fn,
			 const struct libsvnic_cfg *cfg,
			 struct netlink_ext_ack *extack)
{
	struct libsvnic_queues *old = fn->queues, *new;
	struct libsvnic_cfg old_cfg;
	int err;

	if (fn->state != LIBSVNIC_UP) {
		err = netif_set_real_num_queues(fn->netdev, cfg->pairs,
						cfg->pairs);
		if (err)
			return err;
		fn->cfg = *cfg;
		libsvnic_rss_set_pairs(fn, cfg->pairs);
		return 0;
	}

	old_cfg = old->cfg;
	/* Running pairs have their vectors already, or share vector 0. */
	err = cfg->pairs <= old_cfg.pairs ? 0 :
	      libsvnic_irq_grow(fn, cfg->pairs + 1);
	if (err) {
		NL_SET_ERR_MSG_FMT(extack,
				   "no interrupt vectors for %u queue pairs",
				   cfg->pairs);
		return err;
	}
	new = libsvnic_queues_alloc(fn, cfg);
	if (!new) {
		NL_SET_ERR_MSG(extack, "no memory for the new rings");
		err = -ENOMEM;
		goto err_vectors;
	}

	libsvnic_stop_traffic(fn);
	libsvnic_rss_set_pairs(fn, cfg->pairs);
	err = libsvnic_start_traffic(fn, new);
	if (err) {
		NL_SET_ERR_MSG(extack, "device refuses the new rings");
		goto err_restart;
	}
	libsvnic_queues_free(fn, old);
	libsvnic_irq_shrink(fn, cfg->pairs + 1);
	fn->cfg = *cfg;
	return 0;

err_restart:
	libsvnic_queues_free(fn, new);
	libsvnic_rss_set_pairs(fn, old_cfg.pairs);
	if (libsvnic_start_traffic(fn, old)) {
		libsvnic_queues_free(fn, old);
		netdev_err(fn->netdev, "queues lost, resetting\n");
		netif_carrier_off(fn->netdev);
		libsvnic_close_vectors(fn);
		fn->state = LIBSVNIC_LOST;
		libsvnic_reset_request(fn);
		return err;
	}
err_vectors:
	libsvnic_irq_shrink(fn, old_cfg.pairs + 1);
	return err;
}

/**
 * libsvnic_reconfigure_rings - change anything but the number of queue pairs
 * @fn: function
 * @cfg: new configuration; its number of pairs is set here
 * @extack: for the message when it fails
 *
 * There may be fewer pairs now than the user wants, which is kept.
 *
 * Context: as libsvnic_reconfigure().
 * Return: as libsvnic_reconfigure().
 */
int libsvnic_reconfigure_rings(struct libsvnic_fn *fn, struct libsvnic_cfg *cfg,
			       struct netlink_ext_ack *extack)
{
	u32 wanted = fn->cfg.pairs;
	int err;

	cfg->pairs = libsvnic_pairs_now(fn);
	err = libsvnic_reconfigure(fn, cfg, extack);
	fn->cfg.pairs = wanted;
	return err;
}

/**
 * libsvnic_set_mac_address - ndo_set_mac_address
 * @netdev: netdev
 * @addr: struct sockaddr with the new address
 *
 * Return: 0 or -errno.
 */
int libsvnic_set_mac_address(struct net_device *netdev, void *addr)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct sockaddr *sa = addr;
	int err;

	if (!is_valid_ether_addr(sa->sa_data))
		return -EADDRNOTAVAIL;
	/* A function that is down sets the address when it comes up. */
	err = test_bit(LIBSVNIC_ENABLED, fn->flags) ?
	      fn->ops->set_mac(fn, sa->sa_data) : 0;
	if (err)
		return err;
	eth_hw_addr_set(netdev, sa->sa_data);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_set_mac_address, "LIBSVNIC");

/**
 * libsvnic_change_mtu - ndo_change_mtu
 * @netdev: netdev
 * @mtu: new MTU, bytes
 *
 * A long frame uses as many receive buffers as it needs, so the rings do not
 * change. An XDP program that handles only one needs all of a frame in it.
 *
 * Return: 0 or -errno.
 */
int libsvnic_change_mtu(struct net_device *netdev, int mtu)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	int err;

	if (mtu > libsvnic_xdp_mtu_max(fn, fn->cfg.prog)) {
		netdev_err(netdev, "MTU is at most %u with this XDP program\n",
			   libsvnic_xdp_mtu_max(fn, fn->cfg.prog));
		return -EINVAL;
	}
	err = test_bit(LIBSVNIC_ENABLED, fn->flags) ?
	      fn->ops->set_frame_max(fn, libsvnic_frame_len(mtu)) : 0;
	if (err)
		return err;
	WRITE_ONCE(netdev->mtu, mtu);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_change_mtu, "LIBSVNIC");

/**
 * libsvnic_tx_timeout - ndo_tx_timeout
 * @netdev: netdev
 * @txqueue: queue that hangs
 */
void libsvnic_tx_timeout(struct net_device *netdev, unsigned int txqueue)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_txq *tx;

	/* A long change of the queues looks like a hang. */
	if (!test_bit(LIBSVNIC_RUNNING, fn->flags))
		return;
	tx = fn->queues->txq[txqueue];
	netdev_err(netdev,
		   "transmit queue %u hangs: made %u, sent %u, cleaned %u, status %#x\n",
		   txqueue, READ_ONCE(tx->prod),
		   le32_to_cpu(READ_ONCE(tx->state->tx_cons)),
		   READ_ONCE(tx->cons),
		   libsvnic_rd(fn, SVNIC_QCFG(txqueue, SVNIC_QCFG_STATUS)));
	libsvnic_txq_hangs(tx);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_tx_timeout, "LIBSVNIC");

static u32 libsvnic_rx_default(u32 pairs)
{
	return min(LIBSVNIC_RX_DEFAULT,
		   rounddown_pow_of_two(LIBSVNIC_RX_BUFS / pairs));
}

/**
 * libsvnic_netdev_init - initialise a netdev before it is registered
 * @fn: function that is up or waits for its PF; the driver sets netdev_ops
 *
 * Context: process, from probe.
 */
void libsvnic_netdev_init(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	netdev_features_t features = NETIF_F_SG | NETIF_F_HIGHDMA;

	if (libsvnic_has(fn, SVNIC_F_TX_CSUM))
		features |= NETIF_F_HW_CSUM;
	if (libsvnic_has(fn, SVNIC_F_TSO))
		features |= NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;
	if (libsvnic_has(fn, SVNIC_F_TSO_TUNNEL))
		features |= LIBSVNIC_TUNNELS;
	netdev->vlan_features = features;
	netdev->hw_enc_features = features;

	if (libsvnic_has(fn, SVNIC_F_RX_CSUM))
		features |= NETIF_F_RXCSUM;
	if (libsvnic_has(fn, SVNIC_F_RSS))
		features |= NETIF_F_RXHASH;
	if (libsvnic_has(fn, SVNIC_F_VLAN_INSERT))
		features |= NETIF_F_HW_VLAN_CTAG_TX;
	if (libsvnic_has(fn, SVNIC_F_VLAN_STRIP))
		features |= NETIF_F_HW_VLAN_CTAG_RX;
	features |= LIBSVNIC_VLAN_FILTERS;
	netdev->hw_features = features & ~NETIF_F_HIGHDMA;
	netdev->features = features;
	if (libsvnic_has(fn, SVNIC_F_FLOW))
		netdev->hw_features |= NETIF_F_NTUPLE;
	netdev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE;

	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = fn->limits.frame_max - LIBSVNIC_HLEN_MAX;
	netif_set_tso_max_size(netdev, min(fn->limits.tso_max,
					   GSO_LEGACY_MAX_SIZE));
	netdev->watchdog_timeo = LIBSVNIC_TX_TIMEOUT;
	netdev->ethtool_ops = &libsvnic_ethtool_ops;
	netdev->stat_ops = &libsvnic_stat_ops;
	netdev->xdp_metadata_ops = &libsvnic_xdp_metadata_ops;
	netdev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			       NETDEV_XDP_ACT_RX_SG;
	libsvnic_request_ops_lock(netdev);
	netif_set_affinity_auto(netdev);
	netif_carrier_off(netdev);

	fn->coalesce_rx = (struct libsvnic_coalesce) {
		.usecs	= min(LIBSVNIC_RX_USECS, fn->limits.moderation_max),
		.frames	= LIBSVNIC_RX_FRAMES,
	};
	fn->coalesce_tx = (struct libsvnic_coalesce) {
		.usecs	= min(LIBSVNIC_TX_USECS, fn->limits.moderation_max),
		.frames	= LIBSVNIC_TX_FRAMES,
	};
	/* Not limited by the grant, which may grow with a reset. */
	fn->cfg.pairs = min(num_online_cpus(), LIBSVNIC_PAIRS_DEFAULT);
	fn->cfg.tx_size = clamp(LIBSVNIC_TX_DEFAULT, fn->limits.ring_min,
				fn->limits.ring_max);
	fn->cfg.rx_size = clamp(libsvnic_rx_default(fn->cfg.pairs),
				fn->limits.ring_min, fn->limits.ring_max);
	libsvnic_rss_init(fn);
	netif_set_real_num_queues(netdev, libsvnic_pairs(fn),
				  libsvnic_pairs(fn));
}
EXPORT_SYMBOL_NS_GPL(libsvnic_netdev_init, "LIBSVNIC");
