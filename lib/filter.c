// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: what a function receives (spec 10.5). The device is told only
 * what changes; what it was told is remembered, to be replayed after a reset.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include "libsvnic.h"

/* Longer lists are not worth comparing: receive everything of the kind. */
#define LIBSVNIC_FILTERS_MAX	256

static bool libsvnic_mac_in(const u8 (*macs)[ETH_ALEN], unsigned int count,
			    const u8 *mac)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (ether_addr_equal(macs[i], mac))
			return true;
	return false;
}

/* Take away what is not wanted any more. */
static int libsvnic_macs_prune(struct libsvnic_fn *fn,
			       const u8 (*want)[ETH_ALEN], unsigned int count)
{
	struct libsvnic_filters *filters = &fn->filters;
	unsigned int i = 0;
	int err;

	while (i < filters->count) {
		if (libsvnic_mac_in(want, count, filters->macs[i])) {
			i++;
			continue;
		}
		err = fn->ops->mac_del(fn, &filters->macs[i], 1);
		if (err)
			return err;
		filters->count--;
		ether_addr_copy(filters->macs[i],
				filters->macs[filters->count]);
	}
	return 0;
}

/* The device has no more of it, or the PF's administrator does not allow it. */
static bool libsvnic_refused(int err)
{
	return err == -ENOSPC || err == -EPERM || err == -EADDRINUSE;
}

/*
 * Add the addresses that lie behind those the device has. If it does not take
 * them all, see which ones it takes.
 */
static int libsvnic_macs_give(struct libsvnic_fn *fn, unsigned int batch)
{
	struct libsvnic_filters *filters = &fn->filters;
	const u8 (*macs)[ETH_ALEN];
	unsigned int i;
	int err;

	macs = &filters->macs[filters->count];
	err = fn->ops->mac_add(fn, macs, batch);
	if (!err)
		filters->count += batch;
	if (batch == 1 || !libsvnic_refused(err))
		return err;

	for (i = 0; i < batch; i++) {
		if (fn->ops->mac_add(fn, &macs[i], 1))
			continue;
		ether_addr_copy(filters->macs[filters->count], macs[i]);
		filters->count++;
	}
	return err;
}

/* Add what is wanted and not there yet, as many at once as a message holds. */
static int libsvnic_macs_add(struct libsvnic_fn *fn,
			     const u8 (*want)[ETH_ALEN], unsigned int count)
{
	struct libsvnic_filters *filters = &fn->filters;
	unsigned int had = filters->count, batch = 0, i;
	int err, ret = 0;

	for (i = 0; i < count; i++) {
		if (!libsvnic_mac_in(filters->macs, had, want[i])) {
			ether_addr_copy(filters->macs[filters->count + batch],
					want[i]);
			batch++;
		}
		if (!batch ||
		    (batch < SVNIC_MBX_MACS_MAX && i + 1 < count))
			continue;
		err = libsvnic_macs_give(fn, batch);
		if (err && !libsvnic_refused(err))
			return err;
		ret = ret ?: err;
		batch = 0;
	}
	return ret;
}

static int libsvnic_macs_sync(struct libsvnic_fn *fn,
			      struct netdev_hw_addr_list *uc,
			      struct netdev_hw_addr_list *mc)
{
	struct netdev_hw_addr *ha;
	unsigned int count = 0;
	u8 (*want)[ETH_ALEN];
	int err;

	if (uc->count + mc->count > LIBSVNIC_FILTERS_MAX)
		return -ENOSPC;
	if (!fn->filters.macs) {
		fn->filters.macs = kcalloc(LIBSVNIC_FILTERS_MAX, ETH_ALEN,
					   GFP_KERNEL);
		if (!fn->filters.macs)
			return -ENOMEM;
	}
	want = kcalloc(uc->count + mc->count + 1, ETH_ALEN, GFP_KERNEL);
	if (!want)
		return -ENOMEM;
	netdev_hw_addr_list_for_each(ha, uc)
		ether_addr_copy(want[count++], ha->addr);
	netdev_hw_addr_list_for_each(ha, mc)
		ether_addr_copy(want[count++], ha->addr);

	err = libsvnic_macs_prune(fn, want, count);
	if (!err)
		err = libsvnic_macs_add(fn, want, count);
	kfree(want);
	return err;
}

/* Ask for the wanted mode; if that is refused, for one that is not. */
static int libsvnic_rx_flags(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	u32 flags = filters->wanted;
	bool refused;
	int err;

	if (flags == filters->flags)
		return 0;
	err = fn->ops->rx_mode(fn, flags);
	refused = err == -EPERM;
	if (refused) {
		flags = SVNIC_VPORT_VLAN_FILTER;
		err = fn->ops->rx_mode(fn, flags);
	}
	if (err)
		return err;
	if (refused && !filters->refused)
		netdev_warn(fn->netdev,
			    "not trusted to be promiscuous: receiving its own addresses only\n");
	filters->refused = refused;
	filters->flags = flags;
	return 0;
}

/**
 * libsvnic_set_rx_mode - ndo_set_rx_mode_async
 * @netdev: netdev
 * @uc: unicast addresses beside the netdev's own
 * @mc: multicast addresses
 *
 * More addresses than there are filters: receive everything of the kind, if
 * the function may; else say so once and receive what fits.
 *
 * Return: 0, or -errno for the stack to try again.
 */
int libsvnic_set_rx_mode(struct net_device *netdev,
			 struct netdev_hw_addr_list *uc,
			 struct netdev_hw_addr_list *mc)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 flags = 0;
	int err;

	/* Down for a reset: all of this is replayed when it ends. */
	if (!test_bit(LIBSVNIC_ENABLED, fn->flags))
		return test_bit(LIBSVNIC_FAILED, fn->flags) ? 0 : -EBUSY;

	err = libsvnic_macs_sync(fn, uc, mc);
	if (err && !libsvnic_refused(err))
		return err;
	if (err) {
		if (uc->count)
			flags |= SVNIC_VPORT_PROMISC;
		flags |= SVNIC_VPORT_ALLMULTI;
	}
	if (netdev->flags & IFF_PROMISC)
		flags |= SVNIC_VPORT_PROMISC | SVNIC_VPORT_ALLMULTI;
	if (netdev->flags & IFF_ALLMULTI)
		flags |= SVNIC_VPORT_ALLMULTI;
	if (!(netdev->flags & IFF_PROMISC))
		flags |= SVNIC_VPORT_VLAN_FILTER;

	fn->filters.wanted = flags;
	return libsvnic_rx_flags(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_set_rx_mode, "LIBSVNIC");

/* Where is remembered which VLANs of a protocol are let through. */
static unsigned long *libsvnic_vlans(struct libsvnic_fn *fn, u16 proto)
{
	return proto == ETH_P_8021AD ? fn->filters.stags : fn->filters.ctags;
}

/**
 * libsvnic_vlan_add - ndo_vlan_rx_add_vid
 * @netdev: netdev
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Return: 0 or -errno.
 */
int libsvnic_vlan_add(struct net_device *netdev, __be16 proto, u16 vid)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	int err = 0;

	/* Untagged and priority-tagged frames always pass. */
	if (!vid)
		return 0;
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		err = fn->ops->vlan_add(fn, ntohs(proto), vid);
	if (!err)
		set_bit(vid, libsvnic_vlans(fn, ntohs(proto)));
	return err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_vlan_add, "LIBSVNIC");

/**
 * libsvnic_vlan_kill - ndo_vlan_rx_kill_vid
 * @netdev: netdev
 * @proto: ETH_P_8021Q or ETH_P_8021AD
 * @vid: VLAN
 *
 * Return: 0 or -errno.
 */
int libsvnic_vlan_kill(struct net_device *netdev, __be16 proto, u16 vid)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	int err = 0;

	if (!vid)
		return 0;
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		err = fn->ops->vlan_del(fn, ntohs(proto), vid);
	if (!err)
		clear_bit(vid, libsvnic_vlans(fn, ntohs(proto)));
	return err;
}
EXPORT_SYMBOL_NS_GPL(libsvnic_vlan_kill, "LIBSVNIC");

static int libsvnic_vlans_replay(struct libsvnic_fn *fn, u16 proto)
{
	const unsigned long *vlans = libsvnic_vlans(fn, proto);
	u16 vid;
	int err;

	for_each_set_bit(vid, vlans, VLAN_N_VID) {
		err = fn->ops->vlan_add(fn, proto, vid);
		if (err && !libsvnic_refused(err))
			return err;
	}
	return 0;
}

/**
 * libsvnic_filters_replay - ask for all again
 * @fn: enabled function that was reset, or whose PF may judge differently now
 *
 * What is refused now, since the administrator has changed his mind meanwhile,
 * does not keep the rest from working.
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno.
 */
int libsvnic_filters_replay(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	struct net_device *netdev = fn->netdev;
	unsigned int count = filters->count;
	unsigned int i, batch;
	u8 mac[ETH_ALEN];
	int err;

	libsvnic_read_mac(fn, mac);
	if (!ether_addr_equal(mac, netdev->dev_addr)) {
		err = fn->ops->set_mac(fn, netdev->dev_addr);
		if (err && !libsvnic_refused(err))
			return err;
	}
	err = fn->ops->set_frame_max(fn, libsvnic_frame_len(netdev->mtu));
	if (err && !libsvnic_refused(err))
		return err;

	filters->count = 0;
	for (i = 0; i < count; i += batch) {
		batch = min(count - i, SVNIC_MBX_MACS_MAX);
		memmove(filters->macs[filters->count], filters->macs[i],
			batch * ETH_ALEN);
		err = libsvnic_macs_give(fn, batch);
		if (err && !libsvnic_refused(err))
			return err;
	}
	err = libsvnic_vlans_replay(fn, ETH_P_8021Q);
	if (!err)
		err = libsvnic_vlans_replay(fn, ETH_P_8021AD);
	if (err)
		return err;
	filters->flags = ~0;
	return libsvnic_rx_flags(fn);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_filters_replay, "LIBSVNIC");
