// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: grants of the pools (spec 10.4), and the number of MSI-X vectors of a
 * VF, which the administrator can change.
 */
#include "svnic.h"

/**
 * svnic_grants_taken - sum of all resources that are granted or in use
 * @pf: physical function; the caller keeps the array of VFs from changing
 * @taken: sum to fill in
 *
 * Context: process, sleeps.
 */
void svnic_grants_taken(struct svnic_pf *pf, struct svnic_grant *taken)
{
	struct svnic_vport_info info = {};
	struct svnic_vf *vf;
	unsigned int vf_id;

	/* This fails during a reset of the PF. Then only VFs are counted. */
	svnic_vport_get(&pf->vport, &info);
	taken->queues = le16_to_cpu(info.grant.queues);
	taken->vectors = le16_to_cpu(info.grant.vectors);
	taken->mac_filters = le16_to_cpu(info.mac_filters);
	taken->vlan_filters = le16_to_cpu(info.vlan_filters);
	taken->flow_rules = pf->fn->limits.flow_rules;
	taken->rss_contexts = pf->fn->limits.rss_contexts;
	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		vf = &pf->vfs[vf_id];
		mutex_lock(&vf->lock);
		taken->queues += vf->state.grant.queues;
		taken->vectors += vf->state.grant.vectors;
		taken->mac_filters += vf->state.grant.mac_filters;
		taken->vlan_filters += vf->state.grant.vlan_filters;
		taken->flow_rules += vf->state.grant.flow_rules;
		taken->rss_contexts += vf->state.grant.rss_contexts;
		mutex_unlock(&vf->lock);
	}
}

/**
 * svnic_grants_share - divide the pools equally between VFs
 * @pf: physical function
 * @num_vfs: number of VFs
 * @share: grant of each VF, filled in
 *
 * Context: process, sleeps.
 * Return: 0 or -errno, -ENOSPC if a VF could not work with its share.
 */
int svnic_grants_share(struct svnic_pf *pf, unsigned int num_vfs,
		       struct svnic_grant *share)
{
	struct svnic_vport_info info;
	struct svnic_grant own;
	int err;

	err = svnic_vport_get(&pf->vport, &info);
	if (err)
		return err;

	own.queues = le16_to_cpu(info.grant.queues);
	own.vectors = le16_to_cpu(info.grant.vectors);
	own.mac_filters = le16_to_cpu(info.mac_filters);
	own.vlan_filters = le16_to_cpu(info.vlan_filters);
	own.flow_rules = pf->fn->limits.flow_rules;
	own.rss_contexts = pf->fn->limits.rss_contexts;
	return svnic_policy_share(&pf->pool, &own, num_vfs, share);
}

/**
 * svnic_grants_limit_pf - limit the PF to the filters that the VFs leave
 * @pf: physical function whose array of VFs has changed
 *
 * libsvnic_filters_update() then frees filters in excess, before the VFs are
 * granted theirs.
 *
 * Context: rtnl and instance lock held, or the netdev is not registered.
 */
void svnic_grants_limit_pf(struct svnic_pf *pf)
{
	u32 macs = pf->pool.mac_filters, vlans = pf->pool.vlan_filters;
	const struct svnic_grant *grant;
	unsigned int vf_id;

	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		grant = &pf->vfs[vf_id].state.grant;
		macs -= min(macs, grant->mac_filters);
		vlans -= min(vlans, grant->vlan_filters);
	}
	libsvnic_filters_set_room(pf->fn, macs, vlans);
}

/* The VF is locked, and has no driver. */
static int svnic_vf_regrant(struct svnic_vf *vf,
			    const struct svnic_grant *grant)
{
	struct svnic_vport *vport = &vf->vport;
	int enable_err = 0;
	int err;

	err = svnic_vport_disable(vport);
	if (err)
		return err;
	err = svnic_vport_grant(vport, grant);
	if (!err)
		vf->state.grant = *grant;
	/* A VF in reset, or one that was stopped, is made ready elsewhere. */
	if (vf->ready)
		enable_err = svnic_vport_enable(vport, vf->ready_seq);
	if (enable_err == -ESTALE)
		enable_err = 0;
	return err ? err : enable_err;
}

/**
 * svnic_get_vf_total_msix - sriov_get_vf_total_msix
 * @pdev: physical function
 *
 * Return: number of vectors available to all VFs together.
 */
u32 svnic_get_vf_total_msix(struct pci_dev *pdev)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);
	struct svnic_pf *pf = fn->priv;
	u32 own;

	own = libsvnic_rd(fn, SVNIC_REG_VECTORS) & SVNIC_VECTORS_GRANTED_MASK;
	return pf->pool.vectors - min(pf->pool.vectors, own);
}

/**
 * svnic_set_msix_vec_count - sriov_set_msix_vec_count
 * @vfdev: virtual function without a driver
 * @count: number of vectors, 0 for the default share
 *
 * The number of queue pairs is that of the vectors less one.
 *
 * Context: process, sleeps; the PF's device lock held, so that the array of VFs
 * does not change.
 * Return: 0 or -errno with nothing changed.
 */
int svnic_set_msix_vec_count(struct pci_dev *vfdev, int count)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pci_physfn(vfdev));
	unsigned int vf_id = pci_iov_vf_id(vfdev);
	struct svnic_pf *pf = fn->priv;
	struct svnic_grant taken, next;
	struct svnic_vf *vf;
	int err;

	if (vf_id >= pf->num_vfs)
		return -ENOENT;
	vf = &pf->vfs[vf_id];
	if (!count) {
		err = svnic_grants_share(pf, pf->num_vfs, &next);
		if (err)
			return err;
		count = next.vectors;
	}
	svnic_grants_taken(pf, &taken);

	mutex_lock(&vf->lock);
	next = vf->state.grant;
	err = svnic_policy_vectors(&pf->pool, &taken, count, &next);
	if (!err)
		err = svnic_vf_regrant(vf, &next);
	mutex_unlock(&vf->lock);

	if (!err)
		svnic_vf_resources_changed(vf);
	if (err == -EINVAL)
		pci_err(vfdev, "%d vectors: at least 2, no more than it has room for\n",
			count);
	else if (err == -ENOSPC)
		pci_err(vfdev, "%d vectors: %u of %u and %u of %u queue pairs are taken\n",
			count, taken.vectors, pf->pool.vectors, taken.queues,
			pf->pool.queues);
	return err;
}
