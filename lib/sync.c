// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: when the device is told what to receive. What the stack wants is in
 * the netdev's lists and flags; whoever knows of a change has it looked at and
 * the difference told. What cannot be told now is tried again later, and is no
 * error of the one who wants it: the stack may have nobody who asks again.
 *
 * All of it is protected by rtnl: VLANs come without the instance lock.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_SYNC_PAUSE	HZ
#define LIBSVNIC_SYNC_DOUBLINGS	6	/* of the pause, for each in vain */

/* What the stack wants now, read by ourselves. */
static void libsvnic_want_now(struct libsvnic_fn *fn)
{
	struct net_device *netdev = fn->netdev;

	netif_addr_lock_bh(netdev);
	libsvnic_filters_want(&fn->filters, &netdev->uc, &netdev->mc);
	netif_addr_unlock_bh(netdev);
}

/* Say once what the user wants and does not get. */
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

/* Try again later, with growing pauses. */
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

/* Something changed. If all is to be asked for again the work is on its way. */
static void libsvnic_filters_sync(struct libsvnic_fn *fn)
{
	if (!test_bit(LIBSVNIC_ENABLED, fn->flags) ||
	    test_bit(LIBSVNIC_STALE, fn->flags) || fn->filters.basics)
		return;
	libsvnic_filters_done(fn, libsvnic_filters_settle(fn));
}

/**
 * libsvnic_take_mac - have a station address the user has not asked for
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

/* Ask for the station address and the length of frames again. */
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

/* What was answered no longer counts. */
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

/* The PF may judge differently now: see what it says, ask for all again. */
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

/* The VLANs of a bridge have no netdev: then the protocol is not told. */
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

/* Of a VLAN that goes while the netdev is detached nobody tells. */
static void libsvnic_vlans_want_now(struct libsvnic_fn *fn, u16 proto)
{
	struct libsvnic_vlans *vlans = libsvnic_vlans(&fn->filters, proto);
	DECLARE_BITMAP(known, VLAN_N_VID) = {};

	libsvnic_vlans_known(fn, proto, known);
	bitmap_and(vlans->want, vlans->want, known, VLAN_N_VID);
}

/* Whatever was missed: look at all the stack wants. */
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
		err = libsvnic_filters_settle(fn);
	}
	libsvnic_filters_done(fn, err);
}

/* An address that another had may be free now. */
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
	/* Down for a reset: all is asked for when it ends. */
	if (netdev->reg_state == NETREG_REGISTERED &&
	    test_bit(LIBSVNIC_ENABLED, fn->flags)) {
		libsvnic_filters_ask_used(&fn->filters);
		libsvnic_filters_all(fn);
		/* Trust decides on what may be switched off. */
		if (netif_device_present(netdev))
			netdev_update_features(netdev);
	}
	netdev_unlock(netdev);
	rtnl_unlock();
}

/**
 * libsvnic_filters_init - prepare the filters of a function
 * @fn: function
 *
 * Trusted and with all the room there may be, until the driver knows better.
 */
void libsvnic_filters_init(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;

	INIT_DELAYED_WORK(&fn->sync_work, libsvnic_sync_work);
	filters->trusted = true;
	filters->vlan_filter = true;
	filters->flags_known = true;
	libsvnic_filters_room(fn, LIBSVNIC_MACS_MAX, VLAN_N_VID);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_filters_init);

/**
 * libsvnic_filters_room - how many filters there are for a function
 * @fn: function
 * @macs: address filters
 * @vlans: VLAN filters
 *
 * The next sync heeds it. A device that has fewer of them says so.
 *
 * Context: rtnl held, or the netdev is not registered.
 */
void libsvnic_filters_room(struct libsvnic_fn *fn, unsigned int macs,
			   unsigned int vlans)
{
	fn->filters.mac_room = min(macs, LIBSVNIC_MACS_MAX);
	fn->filters.vlan_room = min(vlans, VLAN_N_VID);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_room, "LIBSVNIC");

/**
 * libsvnic_filters_update - tell the device what the stack wants now
 * @fn: function, its netdev registered: the lock of its addresses is made then
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
 * libsvnic_filters_soon - look soon for what was missed
 * @fn: function
 *
 * Context: any.
 */
void libsvnic_filters_soon(struct libsvnic_fn *fn)
{
	/* A retry that waits need not wait any more. */
	mod_delayed_work(system_percpu_wq, &fn->sync_work, 0);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_filters_soon);

/**
 * libsvnic_filters_again - the PF may have changed its mind, or is back
 * @fn: function whose driver has a refresh op
 *
 * All that it has answered is asked again.
 *
 * Context: any.
 */
void libsvnic_filters_again(struct libsvnic_fn *fn)
{
	set_bit(LIBSVNIC_STALE, fn->flags);
	libsvnic_filters_soon(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_again, "LIBSVNIC");

/**
 * libsvnic_filters_now - do not wait for what libsvnic_filters_again() began
 * @fn: function
 *
 * Context: process, sleeps; rtnl and instance lock held.
 */
void libsvnic_filters_now(struct libsvnic_fn *fn)
{
	if (test_bit(LIBSVNIC_ENABLED, fn->flags) &&
	    test_bit(LIBSVNIC_STALE, fn->flags))
		libsvnic_filters_all(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_now, "LIBSVNIC");

/**
 * libsvnic_filters_replay - the function was reset: the device has nothing
 * @fn: enabled function
 *
 * What cannot be set is tried again later, and keeps nothing else from working.
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
 * @uc: unicast addresses beside the netdev's own
 * @mc: multicast addresses
 *
 * The stack gives up after some seconds. So it is not asked to try again: that
 * is done here.
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
 * libsvnic_vlan_filter - filter VLANs or receive all
 * @fn: function
 * @on: filter
 *
 * Context: process, sleeps; rtnl held.
 */
void libsvnic_vlan_filter(struct libsvnic_fn *fn, bool on)
{
	fn->filters.vlan_filter = on;
	libsvnic_filters_update(fn);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vlan_filter);
