// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: when receive filters are programmed into the device. What the stack
 * wants is in the netdev's lists and flags. After a change they are compared
 * with the filters of the device, and only the difference is programmed. If
 * that fails it is retried later, and no error is returned, because in most
 * cases the stack does not retry.
 *
 * All of it is protected by rtnl, because VLANs are added and removed without
 * the instance lock.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "libsvnic_priv.h"

/* Pause before a retry, doubled with each failure. */
#define LIBSVNIC_SYNC_PAUSE	HZ
#define LIBSVNIC_SYNC_DOUBLINGS	6	/* up to 64 s */

/* Read the addresses that the stack wants now. */
static void libsvnic_want_now(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;

	netif_addr_lock_bh(netdev);
	libsvnic_filters_want(&fn->filters, &netdev->uc, &netdev->mc);
	netif_addr_unlock_bh(netdev);
}

/* Log once what the user wants and is refused. */
static void libsvnic_filters_report(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	unsigned int wanted = filters->uc + filters->mc;
	bool refused = false, missing = false;

	if (!filters->trusted) {
		refused = fn->netdev->flags & (IFF_PROMISC | IFF_ALLMULTI);
		missing = libsvnic_macs_granted(filters) < wanted;
	}
	if (refused && !filters->refused)
		netdev_warn(fn->netdev,
			    "not trusted to be promiscuous: receiving its own addresses only\n");
	if (missing && !filters->missing)
		netdev_warn(fn->netdev,
			    "only %u of %u addresses are received, the others are refused\n",
			    libsvnic_macs_granted(filters), wanted);
	filters->refused = refused;
	filters->missing = missing;
}

static bool libsvnic_filters_in_use(const struct libsvnic_filters *filters)
{
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		if (filters->macs[i].wanted &&
		    filters->macs[i].err == -EADDRINUSE)
			return true;
	return false;
}

/* Retry later, with growing pauses. */
static void libsvnic_filters_retry(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;

	if (schedule_delayed_work(&fn->sync_work,
				  LIBSVNIC_SYNC_PAUSE << filters->doublings) &&
	    filters->doublings < LIBSVNIC_SYNC_DOUBLINGS)
		filters->doublings++;
}

static void libsvnic_filters_done(struct libsvnic_fn *fn, int err)
{
	struct libsvnic_filters *filters = &fn->filters;

	if (err && !filters->failed)
		netdev_warn(fn->netdev,
			    "receive filters not set, error %d, trying again\n",
			    err);
	filters->failed = err;
	if (!err)
		libsvnic_filters_report(fn);
	if (err || libsvnic_filters_in_use(filters))
		libsvnic_filters_retry(fn);
	else
		filters->doublings = 0;
}

/* Program a change, unless the sync work is going to program everything. */
static void libsvnic_filters_sync(struct libsvnic_fn *fn)
{
	if (!test_bit(LIBSVNIC_ENABLED, fn->flags) ||
	    test_bit(LIBSVNIC_STALE, fn->flags) || fn->filters.basics)
		return;
	libsvnic_filters_done(fn, libsvnic_filters_apply(fn));
}

/**
 * libsvnic_take_mac - take over a station address that the PF or device set
 * @fn: function
 * @mac: the address
 *
 * Context: process, rtnl held if the netdev is registered.
 */
void libsvnic_take_mac(struct libsvnic_fn *fn, const u8 *mac)
{
	struct net_device *netdev = fn->netdev;

	if (ether_addr_equal(netdev->dev_addr, mac))
		return;
	eth_hw_addr_set(netdev, mac);
	netdev->addr_assign_type = NET_ADDR_PERM;
	if (netdev->reg_state != NETREG_REGISTERED)
		return;
	netdev_info(netdev, "MAC address is now %pM\n", mac);
	call_netdevice_notifiers(NETDEV_CHANGEADDR, netdev);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_take_mac, "LIBSVNIC");

/* Set the station address and the frame length again. */
static int libsvnic_basics_set(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;
	unsigned int refused;
	u8 mac[ETH_ALEN];
	int err;

	libsvnic_read_mac(fn, mac);
	if (!ether_addr_equal(mac, netdev->dev_addr)) {
		err = fn->ops->set_mac(fn, netdev->dev_addr);
		if (err && !libsvnic_refused(err))
			return err;
		if (err) {
			netdev_warn(netdev,
				    "MAC address %pM is refused, error %d\n",
				    netdev->dev_addr, err);
			libsvnic_take_mac(fn, mac);
		}
	}
	err = fn->ops->set_frame_max(fn, libsvnic_frame_len(netdev->mtu));
	if (err && !libsvnic_refused(err))
		return err;
	refused = err ? netdev->mtu : 0;
	if (refused && refused != fn->filters.mtu_refused)
		netdev_warn(netdev, "MTU %u is refused, error %d\n",
			    refused, err);
	fn->filters.mtu_refused = refused;
	fn->filters.basics = false;
	return 0;
}

/* Earlier answers are not valid any more. */
static void libsvnic_filters_forget(struct libsvnic_filters *filters)
{
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		filters->macs[i].err = -EAGAIN;
	bitmap_zero(filters->ctags.asked, VLAN_N_VID);
	bitmap_zero(filters->stags.asked, VLAN_N_VID);
	filters->flags_known = false;
	filters->basics = true;
	filters->doublings = 0;
}

/* The PF's configuration may have changed: read it, and request all again. */
static int libsvnic_filters_renew(struct libsvnic_fn *fn)
{
	int err;

	if (!test_and_clear_bit(LIBSVNIC_STALE, fn->flags))
		return 0;
	err = fn->ops->refresh(fn);
	if (err)
		set_bit(LIBSVNIC_STALE, fn->flags);
	else
		libsvnic_filters_forget(&fn->filters);
	return err;
}

/* VLANs of a protocol that the stack knows. */
struct libsvnic_vlans_known {
	unsigned long *vids;
	u16 proto;
};

/* The VLANs of a bridge have no netdev, so their protocol is not known. */
static int libsvnic_vlan_known(struct net_device *vlan, int vid, void *data)
{
	struct libsvnic_vlans_known *known = data;

	if (!vlan || ntohs(vlan_dev_vlan_proto(vlan)) == known->proto)
		set_bit(vid, known->vids);
	return 0;
}

/**
 * libsvnic_vlans_known - VLANs of a protocol that the stack knows
 * @fn: function
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vids: where to set their bits
 *
 * Context: rtnl held.
 */
void libsvnic_vlans_known(struct libsvnic_fn *fn, u16 proto,
			  unsigned long *vids)
{
	struct libsvnic_vlans_known known = { .vids = vids, .proto = proto };

	KUNIT_STATIC_STUB_REDIRECT(libsvnic_vlans_known, fn, proto, vids);
	vlan_for_each(fn->netdev, libsvnic_vlan_known, &known);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vlans_known);

/* The stack does not report a VLAN that is removed from a detached netdev. */
static void libsvnic_vlans_want_now(struct libsvnic_fn *fn, u16 proto)
{
	struct libsvnic_vlans *vlans = libsvnic_vlans(&fn->filters, proto);
	DECLARE_BITMAP(known, VLAN_N_VID) = {};

	libsvnic_vlans_known(fn, proto, known);
	bitmap_and(vlans->want, vlans->want, known, VLAN_N_VID);
}

/* Program everything that the stack wants. */
static void libsvnic_filters_all(struct libsvnic_fn *fn)
{
	int err;

	err = libsvnic_filters_renew(fn);
	if (!err && fn->filters.basics)
		err = libsvnic_basics_set(fn);
	if (!err) {
		libsvnic_want_now(fn);
		libsvnic_vlans_want_now(fn, ETH_P_8021Q);
		libsvnic_vlans_want_now(fn, ETH_P_8021AD);
		err = libsvnic_filters_apply(fn);
	}
	libsvnic_filters_done(fn, err);
}

/* Request again the addresses that another function had: they may be free. */
static void libsvnic_filters_ask_used(struct libsvnic_filters *filters)
{
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		if (filters->macs[i].err == -EADDRINUSE)
			filters->macs[i].err = -EAGAIN;
}

static void libsvnic_sync_work(struct work_struct *work)
{
	struct libsvnic_fn *fn = container_of(to_delayed_work(work),
					      struct libsvnic_fn, sync_work);
	struct net_device *netdev = fn->netdev;

	rtnl_lock();
	netdev_lock(netdev);
	/* During a reset do nothing: its end programs everything. */
	if (netdev->reg_state == NETREG_REGISTERED &&
	    test_bit(LIBSVNIC_ENABLED, fn->flags)) {
		libsvnic_filters_ask_used(&fn->filters);
		libsvnic_filters_all(fn);
		/* A change of trust changes libsvnic_fix_features(). */
		if (netif_device_present(netdev))
			netdev_update_features(netdev);
	}
	netdev_unlock(netdev);
	rtnl_unlock();
}

/**
 * libsvnic_filters_init - initialise the filters of a function
 * @fn: function
 *
 * The function is trusted, and its number of filters not limited, until the
 * driver sets its own values.
 */
void libsvnic_filters_init(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;

	INIT_DELAYED_WORK(&fn->sync_work, libsvnic_sync_work);
	filters->trusted = true;
	filters->vlan_filter = true;
	filters->flags_known = true;
	libsvnic_filters_set_room(fn, LIBSVNIC_MACS_MAX, VLAN_N_VID);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_filters_init);

/**
 * libsvnic_filters_set_room - set the number of filters available to a function
 * @fn: function
 * @macs: address filters
 * @vlans: VLAN filters
 *
 * Takes effect with the next sync. If the device has fewer filters, it refuses
 * requests, and the numbers are lowered.
 *
 * Context: rtnl held, or the netdev is not registered.
 */
void libsvnic_filters_set_room(struct libsvnic_fn *fn, unsigned int macs,
			       unsigned int vlans)
{
	fn->filters.mac_room = min(macs, LIBSVNIC_MACS_MAX);
	fn->filters.vlan_room = min(vlans, VLAN_N_VID);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_set_room, "LIBSVNIC");

/**
 * libsvnic_filters_update - program what the stack wants now
 * @fn: function, its netdev registered, which initialises netif_addr_lock()
 *
 * Context: process, sleeps; rtnl held.
 */
void libsvnic_filters_update(struct libsvnic_fn *fn)
{
	libsvnic_want_now(fn);
	libsvnic_filters_sync(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_update, "LIBSVNIC");

/**
 * libsvnic_filters_schedule - schedule the sync work, which programs everything
 * @fn: function
 *
 * Context: any.
 */
void libsvnic_filters_schedule(struct libsvnic_fn *fn)
{
	/* Also shortens the pause of a retry. */
	mod_delayed_work(system_percpu_wq, &fn->sync_work, 0);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_filters_schedule);

/**
 * libsvnic_filters_invalidate - the PF's configuration may have changed
 * @fn: function whose driver has a refresh op
 *
 * Schedules reading the configuration and requesting all filters again.
 *
 * Context: any.
 */
void libsvnic_filters_invalidate(struct libsvnic_fn *fn)
{
	set_bit(LIBSVNIC_STALE, fn->flags);
	libsvnic_filters_schedule(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_invalidate, "LIBSVNIC");

/**
 * libsvnic_filters_flush - handle libsvnic_filters_invalidate() at once
 * @fn: function
 *
 * Context: process, sleeps; rtnl and instance lock held.
 */
void libsvnic_filters_flush(struct libsvnic_fn *fn)
{
	if (test_bit(LIBSVNIC_ENABLED, fn->flags) &&
	    test_bit(LIBSVNIC_STALE, fn->flags))
		libsvnic_filters_all(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_flush, "LIBSVNIC");

/**
 * libsvnic_filters_replay - program everything after a reset
 * @fn: enabled function, of which the device has no filters
 *
 * A failure is retried later, and does not keep the function down.
 *
 * Context: process, sleeps; rtnl and instance lock held.
 */
void libsvnic_filters_replay(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		filters->macs[i].there = false;
	bitmap_zero(filters->ctags.there, VLAN_N_VID);
	bitmap_zero(filters->stags.there, VLAN_N_VID);
	libsvnic_filters_forget(filters);
	libsvnic_filters_all(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_replay, "LIBSVNIC");

/**
 * libsvnic_set_rx_mode - ndo_set_rx_mode_async
 * @netdev: netdev
 * @uc: unicast addresses besides the netdev's own
 * @mc: multicast addresses
 *
 * On error the stack would retry for some seconds only. So no error is
 * returned, and the sync work retries.
 *
 * Return: 0.
 */
int libsvnic_set_rx_mode(struct net_device *netdev,
			 struct netdev_hw_addr_list *uc,
			 struct netdev_hw_addr_list *mc)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	libsvnic_filters_want(&fn->filters, uc, mc);
	libsvnic_filters_sync(fn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_set_rx_mode, "LIBSVNIC");

/**
 * libsvnic_vlan_add - ndo_vlan_rx_add_vid
 * @netdev: netdev
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Return: 0 or -errno if it is refused.
 */
int libsvnic_vlan_add(struct net_device *netdev, __be16 proto, u16 vid)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_filters *filters = &fn->filters;
	struct libsvnic_vlans *vlans = libsvnic_vlans(filters, ntohs(proto));

	/* Untagged and priority-tagged frames always pass. */
	if (!vid)
		return 0;
	set_bit(vid, vlans->want);
	clear_bit(vid, vlans->asked);
	filters->vlan_err = 0;
	libsvnic_filters_update(fn);
	if (!filters->vlan_err || test_bit(vid, vlans->there) ||
	    !(filters->flags & SVNIC_VPORT_VLAN_FILTER))
		return 0;
	clear_bit(vid, vlans->want);
	return filters->vlan_err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_vlan_add, "LIBSVNIC");

/**
 * libsvnic_vlan_kill - ndo_vlan_rx_kill_vid
 * @netdev: netdev
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Return: 0.
 */
int libsvnic_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	clear_bit(vid, libsvnic_vlans(&fn->filters, ntohs(proto))->want);
	libsvnic_filters_update(fn);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_vlan_kill, "LIBSVNIC");

/**
 * libsvnic_vlan_filter - enable or disable the filtering of VLANs
 * @fn: function
 * @on: enable
 *
 * Context: process, sleeps; rtnl held.
 */
void libsvnic_vlan_filter(struct libsvnic_fn *fn, bool on)
{
	fn->filters.vlan_filter = on;
	libsvnic_filters_update(fn);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vlan_filter);
