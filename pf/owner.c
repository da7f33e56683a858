// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: owners of addresses (spec 10.5). When the administrator gives a
 * function an address, the device removes other VFs' filters for it. A station
 * address that a guest has chosen is replaced here.
 */
#include "svnic.h"

/* Sets the bits in @given of VFs that had to give up their address. */
static int svnic_vfs_yield(struct svnic_pf *pf,
			   const struct svnic_owner *owner,
			   unsigned long *given)
{
	struct svnic_vf_state next;
	struct svnic_vf *vf;
	unsigned int vf_id;
	int err, ret = 0;

	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		vf = &pf->vfs[vf_id];
		mutex_lock(&vf->lock);
		if (svnic_policy_yields(&vf->state, owner)) {
			next = vf->state;
			svnic_policy_reset_mac(&next);
			err = svnic_vf_commit(vf, &next);
			if (!err)
				__set_bit(vf_id, given);
			else
				ret = err;
		}
		mutex_unlock(&vf->lock);
	}
	return ret;
}

/* Returns false if the guest has chosen the VF's current address. */
static bool svnic_vf_owner(struct svnic_vf *vf, struct svnic_owner *owner)
{
	bool owns;

	mutex_lock(&vf->lock);
	owns = svnic_policy_owner(&vf->state, owner);
	mutex_unlock(&vf->lock);
	return owns;
}

/*
 * A VF that gives up its address returns to the one of the administrator, or
 * without one to its initial address. Another guest may have chosen that
 * meanwhile, and has to give it up in turn, and so on. A failure of one VF does
 * not stop the loop.
 */
static int svnic_make_way(struct svnic_pf *pf, struct svnic_owner *owner)
{
	DECLARE_BITMAP(given, SVNIC_VF_LIMIT) = {};
	bool owns = true;
	unsigned int vf_id;
	int err, ret = 0;

	for (;;) {
		err = owns ? svnic_vfs_yield(pf, owner, given) : 0;
		if (err)
			ret = err;
		vf_id = find_first_bit(given, pf->num_vfs);
		if (vf_id >= pf->num_vfs)
			return ret;
		__clear_bit(vf_id, given);
		owns = svnic_vf_owner(&pf->vfs[vf_id], owner);
	}
}

/**
 * svnic_make_way_vf - take the administrator's address of a VF from guests
 * @vf: the VF, which has its address already
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_make_way_vf(struct svnic_vf *vf)
{
	struct svnic_owner owner;

	if (!svnic_vf_owner(vf, &owner))
		return 0;
	return svnic_make_way(vf->vport.pf, &owner);
}

/**
 * svnic_make_way_pf - take an address of the PF from guests
 * @pf: physical function
 * @mac: the address, which the PF has already
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_make_way_pf(struct svnic_pf *pf, const u8 *mac)
{
	struct svnic_owner owner = {};

	ether_addr_copy(owner.mac, mac);
	return svnic_make_way(pf, &owner);
}

/**
 * svnic_own_mac - set the PF's station address, and take it from guests
 * @pf: physical function
 * @mac: the address
 *
 * Context: process, sleeps; no lock of a VF held.
 * Return: 0 or -errno.
 */
int svnic_own_mac(struct svnic_pf *pf, const u8 *mac)
{
	struct svnic_vport_cfg cfg = {
		.mask		= cpu_to_le32(SVNIC_VPORT_SET_MAC),
		.mac_rule	= SVNIC_MAC_TAKE,
	};
	int err;

	ether_addr_copy(cfg.mac, mac);
	err = svnic_vport_set(&pf->vport, &cfg);
	return err ? err : svnic_make_way_pf(pf, mac);
}
