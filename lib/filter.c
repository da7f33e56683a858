// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: receive filters of a function (spec 10.5): the filters that the
 * stack wants, those that the device has, and those that were refused.
 */
#include "libsvnic_priv.h"

/**
 * libsvnic_refused - does an error mean that the request was refused?
 * @err: return value of an op
 *
 * Return: true if the administrator does not allow it, if the device has no
 * space left for it, or if another function has the address. False for 0, and
 * for other errors, which mean that the request itself failed.
 */
bool libsvnic_refused(int err)
{
	return err == -ENOSPC || err == -EPERM || err == -EADDRINUSE;
}

static bool libsvnic_mac_is_mc(const struct libsvnic_mac *mac)
{
	return is_multicast_ether_addr(mac->addr);
}

/*
 * Add a list of addresses to those that are wanted and return their number.
 * The stack accepts any address from its user. Zero is no valid address, and
 * broadcasts are received without a filter, so both are skipped.
 */
static unsigned int libsvnic_want_list(struct libsvnic_filters *filters,
				       const struct netdev_hw_addr_list *list)
{
	struct netdev_hw_addr *ha;
	unsigned int count = 0;

	netdev_hw_addr_list_for_each(ha, list) {
		if (is_zero_ether_addr(ha->addr) ||
		    is_broadcast_ether_addr(ha->addr))
			continue;
		if (filters->want_count < LIBSVNIC_MACS_MAX)
			ether_addr_copy(filters->want[filters->want_count++],
					ha->addr);
		count++;
	}
	return count;
}

/**
 * libsvnic_filters_want - take a copy of the addresses the stack wants
 * @filters: filters of a function
 * @uc: unicast addresses besides the netdev's own
 * @mc: multicast addresses
 *
 * Context: any; the lists do not change.
 */
void libsvnic_filters_want(struct libsvnic_filters *filters,
			   const struct netdev_hw_addr_list *uc,
			   const struct netdev_hw_addr_list *mc)
{
	filters->want_count = 0;
	filters->uc = libsvnic_want_list(filters, uc);
	filters->mc = libsvnic_want_list(filters, mc);
}

static struct libsvnic_mac *libsvnic_mac_find(struct libsvnic_filters *filters,
					      const u8 *addr)
{
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		if (ether_addr_equal(filters->macs[i].addr, addr))
			return &filters->macs[i];
	return NULL;
}

/* Mark the addresses that are wanted; add new ones as long as they fit. */
static void libsvnic_macs_merge(struct libsvnic_filters *filters)
{
	struct libsvnic_mac *mac;
	unsigned int i;

	for (i = 0; i < filters->count; i++)
		filters->macs[i].wanted = false;
	for (i = 0; i < filters->want_count; i++) {
		mac = libsvnic_mac_find(filters, filters->want[i]);
		if (!mac) {
			if (filters->count == LIBSVNIC_MACS_MAX)
				continue;
			mac = &filters->macs[filters->count++];
			ether_addr_copy(mac->addr, filters->want[i]);
			mac->there = false;
			mac->err = -EAGAIN;
		}
		mac->wanted = true;
	}
}

/* Drop the addresses that are neither wanted nor in the device. */
static void libsvnic_macs_compact(struct libsvnic_filters *filters)
{
	unsigned int i, count = 0;

	for (i = 0; i < filters->count; i++)
		if (filters->macs[i].wanted || filters->macs[i].there)
			filters->macs[count++] = filters->macs[i];
	filters->count = count;
}

/*
 * If there are more addresses than filters, a trusted function receives all
 * multicast, or if that is not enough, all unicast too.
 */
static bool libsvnic_uc_over(const struct libsvnic_filters *filters)
{
	return filters->trusted && filters->uc > filters->mac_room;
}

static bool libsvnic_mc_over(const struct libsvnic_filters *filters)
{
	return filters->trusted &&
	       filters->uc + filters->mc > filters->mac_room;
}

/* The same for VLANs, and if the user wants no VLAN filtered. */
static bool libsvnic_vlans_over(const struct libsvnic_filters *filters)
{
	return filters->trusted &&
	       (!filters->vlan_filter ||
		bitmap_weight(filters->ctags.want, VLAN_N_VID) +
		bitmap_weight(filters->stags.want, VLAN_N_VID) >
		filters->vlan_room);
}

static u32 libsvnic_rx_flags(const struct libsvnic_fn *fn)
{
	const struct libsvnic_filters *filters = &fn->filters;
	unsigned int wanted = fn->netdev->flags;
	u32 flags = 0;

	if (!filters->trusted)
		return SVNIC_VPORT_VLAN_FILTER;
	if (wanted & IFF_PROMISC || libsvnic_uc_over(filters))
		flags |= SVNIC_VPORT_PROMISC;
	if (wanted & (IFF_PROMISC | IFF_ALLMULTI) || libsvnic_mc_over(filters))
		flags |= SVNIC_VPORT_ALLMULTI;
	if (!(wanted & IFF_PROMISC) && !libsvnic_vlans_over(filters))
		flags |= SVNIC_VPORT_VLAN_FILTER;
	return flags;
}

static int libsvnic_rx_flags_set(struct libsvnic_fn *fn, u32 flags)
{
	struct libsvnic_filters *filters = &fn->filters;
	int err;

	if (filters->flags_known && flags == filters->flags)
		return 0;
	err = fn->ops->rx_mode(fn, flags);
	if (err)
		return err;
	filters->flags = flags;
	filters->flags_known = true;
	return 0;
}

/* Receive what @flags select, and until the sync ends all that was selected. */
static int libsvnic_rx_open(struct libsvnic_fn *fn, u32 flags)
{
	const u32 all = SVNIC_VPORT_PROMISC | SVNIC_VPORT_ALLMULTI;
	struct libsvnic_filters *filters = &fn->filters;

	if (filters->flags_known)
		flags = ((flags | filters->flags) & all) |
			(flags & filters->flags & SVNIC_VPORT_VLAN_FILTER);
	return libsvnic_rx_flags_set(fn, flags);
}

/* Remove the filters that are not wanted or not needed, in batches. */
static int libsvnic_macs_prune(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	struct libsvnic_mac *gone[SVNIC_MBX_MACS_MAX];
	u8 macs[SVNIC_MBX_MACS_MAX][ETH_ALEN];
	unsigned int i, batch, kept;
	struct libsvnic_mac *mac;
	int err;

	do {
		batch = 0;
		kept = 0;
		for (i = 0; i < filters->count; i++) {
			mac = &filters->macs[i];
			if (!mac->there)
				continue;
			if (mac->wanted && kept < filters->mac_room &&
			    !(libsvnic_mac_is_mc(mac) &&
			      libsvnic_mc_over(filters))) {
				kept++;
				continue;
			}
			gone[batch] = mac;
			ether_addr_copy(macs[batch], mac->addr);
			if (++batch == SVNIC_MBX_MACS_MAX)
				break;
		}
		if (!batch)
			break;
		err = fn->ops->mac_del(fn, macs, batch);
		if (err)
			return err;
		for (i = 0; i < batch; i++) {
			gone[i]->there = false;
			gone[i]->err = -EAGAIN;
		}
	} while (batch == SVNIC_MBX_MACS_MAX);
	libsvnic_macs_compact(filters);
	return 0;
}

/**
 * libsvnic_macs_granted - count the addresses with a confirmed filter
 * @filters: filters of a function
 *
 * Return: number of addresses.
 */
unsigned int libsvnic_macs_granted(const struct libsvnic_filters *filters)
{
	unsigned int i, granted = 0;

	for (i = 0; i < filters->count; i++)
		granted += filters->macs[i].there && !filters->macs[i].err;
	return granted;
}

/* Is a filter to be requested? One that did not fit is requested again. */
static bool libsvnic_mac_missing(const struct libsvnic_mac *mac, bool mc)
{
	return mac->wanted && libsvnic_mac_is_mc(mac) == mc &&
	       (mac->err == -EAGAIN || mac->err == -ENOSPC);
}

/*
 * Request the missing filters for unicast or for multicast, in batches. If a
 * batch is refused, halve it until the address is found that is refused, then
 * double it again with each success. -EPERM holds for all addresses of the
 * kind, so there is nothing to search.
 */
static int libsvnic_macs_request(struct libsvnic_fn *fn, bool mc)
{
	struct libsvnic_filters *filters = &fn->filters;
	unsigned int most = SVNIC_MBX_MACS_MAX;
	struct libsvnic_mac *asked[SVNIC_MBX_MACS_MAX];
	u8 macs[SVNIC_MBX_MACS_MAX][ETH_ALEN];
	unsigned int i, batch, limit, granted;
	int err;

	for (;;) {
		granted = libsvnic_macs_granted(filters);
		if (granted >= filters->mac_room)
			return 0;
		limit = min(most, filters->mac_room - granted);
		batch = 0;
		for (i = 0; i < filters->count && batch < limit; i++) {
			if (!libsvnic_mac_missing(&filters->macs[i], mc))
				continue;
			asked[batch] = &filters->macs[i];
			ether_addr_copy(macs[batch], asked[batch]->addr);
			batch++;
		}
		if (!batch)
			return 0;

		err = fn->ops->mac_add(fn, macs, batch);
		if (err && !libsvnic_refused(err))
			return err;
		if (err && err != -EPERM && batch > 1) {
			most = batch / 2;
			continue;
		}
		if (!err)
			most = min(2 * most, SVNIC_MBX_MACS_MAX);
		for (i = 0; i < batch; i++) {
			asked[i]->err = err;
			if (!err)
				asked[i]->there = true;
		}
		if (err == -ENOSPC)
			filters->mac_room = granted;
	}
}

static unsigned int libsvnic_vlans_there(const struct libsvnic_filters *filters)
{
	return bitmap_weight(filters->ctags.there, VLAN_N_VID) +
	       bitmap_weight(filters->stags.there, VLAN_N_VID);
}

static int libsvnic_vlans_prune(struct libsvnic_fn *fn, u16 proto)
{
	struct libsvnic_filters *filters = &fn->filters;
	struct libsvnic_vlans *vlans = libsvnic_vlans(filters, proto);
	bool over = libsvnic_vlans_over(filters);
	unsigned int vid;
	int err;

	for_each_set_bit(vid, vlans->there, VLAN_N_VID) {
		if (test_bit(vid, vlans->want) && !over)
			continue;
		err = fn->ops->vlan_del(fn, proto, vid);
		if (err)
			return err;
		clear_bit(vid, vlans->there);
		clear_bit(vid, vlans->asked);
	}
	return 0;
}

/*
 * Request the missing filters for the VLANs of a protocol. -EPERM holds for all
 * of them.
 */
static int libsvnic_vlans_request(struct libsvnic_fn *fn, u16 proto)
{
	struct libsvnic_filters *filters = &fn->filters;
	struct libsvnic_vlans *vlans = libsvnic_vlans(filters, proto);
	unsigned int vid;
	int err;

	for_each_set_bit(vid, vlans->want, VLAN_N_VID) {
		if (test_bit(vid, vlans->asked))
			continue;
		err = -ENOSPC;
		if (test_bit(vid, vlans->there) ||
		    libsvnic_vlans_there(filters) < filters->vlan_room)
			err = fn->ops->vlan_add(fn, proto, vid);
		if (err && err != -ENOSPC && err != -EPERM)
			return err;
		if (err == -ENOSPC)
			filters->vlan_room = libsvnic_vlans_there(filters);
		else if (err)
			bitmap_or(vlans->asked, vlans->asked, vlans->want,
				  VLAN_N_VID);
		if (err) {
			filters->vlan_err = err;
			return 0;
		}
		set_bit(vid, vlans->asked);
		set_bit(vid, vlans->there);
	}
	return 0;
}

/**
 * libsvnic_filters_apply - make the device's filters match the stack's
 * @fn: enabled function
 *
 * First widens the receive mode, then changes filters, then narrows the receive
 * mode, so that no wanted frame is lost meanwhile. A refusal is recorded and is
 * no error.
 *
 * Context: process, sleeps; rtnl held.
 * Return: 0, or -errno with a part of the work done and recorded.
 */
int libsvnic_filters_apply(struct libsvnic_fn *fn)
{
	struct libsvnic_filters *filters = &fn->filters;
	u32 flags;
	int err;

	/* Refusals change the flags, but never back, so that the loop ends. */
	do {
		flags = libsvnic_rx_flags(fn);
		err = libsvnic_rx_open(fn, flags);
		if (err == -EPERM && filters->trusted) {
			filters->trusted = false;
			/* Without trust, VLAN filters cannot be disabled. */
			libsvnic_filters_schedule(fn);
			continue;
		}
		if (err)
			return err;
		libsvnic_macs_merge(filters);
		err = libsvnic_macs_prune(fn);
		if (!err)
			err = libsvnic_vlans_prune(fn, ETH_P_8021Q);
		if (!err)
			err = libsvnic_vlans_prune(fn, ETH_P_8021AD);
		if (err)
			return err;
		/* @macs has free entries now: add those that did not fit. */
		libsvnic_macs_merge(filters);
		err = libsvnic_macs_request(fn, false);
		if (!err && !(flags & SVNIC_VPORT_ALLMULTI))
			err = libsvnic_macs_request(fn, true);
		if (!err && flags & SVNIC_VPORT_VLAN_FILTER)
			err = libsvnic_vlans_request(fn, ETH_P_8021Q);
		if (!err && flags & SVNIC_VPORT_VLAN_FILTER)
			err = libsvnic_vlans_request(fn, ETH_P_8021AD);
		if (err)
			return err;
	} while (flags != libsvnic_rx_flags(fn));
	return libsvnic_rx_flags_set(fn, flags);
}
