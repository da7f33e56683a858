// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: creation, reset and removal of VFs (spec 10.1, 10.4, 11).
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "svnic.h"

/*
 * The kernel limits the list of VFs to this number if counters are requested
 * too. Without such a limit, the list fails above 221 VFs, because it exceeds
 * 64 KiB.
 */
#define SVNIC_VFS_SHOWN		128

/* The VF is locked, or not in use yet. */
static int svnic_vf_program(struct svnic_vf *vf, u32 reset_seq)
{
	const struct svnic_vf_state *state = &vf->state;
	struct svnic_vport *vport = &vf->vport;
	struct svnic_vport_note note;
	struct svnic_vport_cfg cfg;
	int err;

	err = svnic_vport_filters_clear(vport, SVNIC_CLEAR_ALL);
	if (err)
		return err;
	err = svnic_vport_grant(vport, &state->grant);
	if (err)
		return err;
	svnic_policy_cfg(NULL, state, &cfg);
	err = svnic_vport_set(vport, &cfg);
	if (err)
		return err;
	svnic_policy_note(NULL, state, &note);
	err = svnic_vport_note_set(vport, &note);
	if (err)
		return err;
	err = svnic_vf_rate_program(vf);
	if (err)
		return err;
	return svnic_vport_enable(vport, reset_seq);
}

/* The VF is locked. */
static int svnic_vf_restart(struct svnic_vf *vf, u32 reset_seq)
{
	int err;

	svnic_policy_reset(&vf->state);
	err = svnic_vf_program(vf, reset_seq);
	vf->ready = !err;
	vf->ready_seq = reset_seq;
	if (!err)
		svnic_vf_unquarantine(vf);
	/* -ESTALE: the event of a newer reset was recorded, or will follow. */
	return err == -ESTALE ? 0 : err;
}

/**
 * svnic_vf_reset - make a VF ready again after it was reset
 * @vf: the VF
 * @reset_seq: sequence number of the reset
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int svnic_vf_reset(struct svnic_vf *vf, u32 reset_seq)
{
	bool known;
	int err;

	mutex_lock(&vf->lock);
	/* A reset of the PF repeats the event. */
	known = vf->ready && vf->ready_seq == reset_seq;
	err = known ? 0 : svnic_vf_restart(vf, reset_seq);
	mutex_unlock(&vf->lock);
	if (known || err)
		return err;
	/* A guest may have chosen its address while it had another one. */
	return svnic_make_way_vf(vf);
}

/**
 * svnic_vf_revive - make a VF ready if it is not
 * @vf: the VF
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int svnic_vf_revive(struct svnic_vf *vf)
{
	struct svnic_vport_info info;
	int err;

	mutex_lock(&vf->lock);
	err = svnic_vport_get(&vf->vport, &info);
	if (!err && !(le32_to_cpu(info.status) & SVNIC_STATUS_READY))
		err = svnic_vf_restart(vf, le32_to_cpu(info.reset_seq));
	mutex_unlock(&vf->lock);
	/* Guests of VFs that were ready earlier may have chosen its address. */
	return err ? err : svnic_make_way_vf(vf);
}

/* A VF that was stopped stays so until the event of its reset. */
static int svnic_vf_replay(struct svnic_vf *vf)
{
	bool stopped;

	mutex_lock(&vf->lock);
	stopped = vf->quarantined;
	mutex_unlock(&vf->lock);
	return stopped ? 0 : svnic_vf_revive(vf);
}

/**
 * svnic_sriov_replay - make all VFs ready that are not
 * @pf: physical function, command queue up
 *
 * VFs keep running when the PF is reset, but not when the whole device is.
 *
 * Context: the mailbox work.
 */
void svnic_sriov_replay(struct svnic_pf *pf)
{
	unsigned int vf_id;
	int err;

	for (vf_id = 0; vf_id < pf->num_vfs; vf_id++) {
		err = svnic_vf_replay(&pf->vfs[vf_id]);
		if (err)
			netdev_err(pf->fn->netdev,
				   "VF %u: not ready, error %d\n", vf_id, err);
	}
}

/* Replace the array of VFs. */
static void svnic_sriov_set(struct svnic_pf *pf, struct svnic_vf *vfs,
			    unsigned int num_vfs)
{
	svnic_mbx_disable(pf);
	if (!num_vfs)
		svnic_mbx_forget(pf);
	pf->vfs = vfs;
	pf->num_vfs = num_vfs;
	svnic_vf_rate_sum(pf);
	svnic_mbx_enable(pf);
	svnic_grants_limit_pf(pf);
}

/*
 * Replace the array of VFs under all locks that protect it. The mailbox work is
 * disabled only when rtnl was taken, whose holder may wait for its answer.
 */
static void svnic_sriov_publish(struct svnic_pf *pf, struct svnic_vf *vfs,
				unsigned int num_vfs)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct net_device *netdev = pf->fn->netdev;

	devl_lock(devlink);
	rtnl_lock();
	netdev_lock(netdev);
	svnic_sriov_set(pf, vfs, num_vfs);
	/* A probe that failed has no registered netdev. */
	if (netdev->reg_state == NETREG_REGISTERED)
		libsvnic_filters_update(pf->fn);
	netdev_unlock(netdev);
	rtnl_unlock();
	devl_unlock(devlink);
	/* The reporter may be healthy now, if a stopped VF was removed. */
	schedule_work(&pf->health_work);
}

static struct svnic_vf *svnic_vfs_alloc(struct svnic_pf *pf,
					unsigned int num_vfs)
{
	struct svnic_vf *vfs, *vf;
	unsigned int vf_id;

	vfs = kvcalloc(num_vfs, sizeof(*vfs), GFP_KERNEL);
	if (!vfs)
		return NULL;
	for (vf_id = 0; vf_id < num_vfs; vf_id++) {
		vf = &vfs[vf_id];
		svnic_vport_init(&vf->vport, pf, SVNIC_VPORT_VF(vf_id));
		vf->id = vf_id;
		mutex_init(&vf->lock);
	}
	return vfs;
}

static void svnic_vfs_free(struct svnic_vf *vfs, unsigned int num_vfs)
{
	unsigned int vf_id;

	for (vf_id = 0; vf_id < num_vfs; vf_id++)
		mutex_destroy(&vfs[vf_id].lock);
	kvfree(vfs);
}

/* Revoke the grants of VFs that could not be created. */
static void svnic_vfs_revoke(struct svnic_vf *vfs, unsigned int num_vfs)
{
	static const struct svnic_grant none;
	unsigned int vf_id;

	for (vf_id = 0; vf_id < num_vfs; vf_id++) {
		svnic_vport_disable(&vfs[vf_id].vport);
		svnic_vport_grant(&vfs[vf_id].vport, &none);
	}
}

/*
 * Vports are programmed before the VFs appear on the bus, so that each VF is
 * ready when its driver probes it, and has its devlink port when it is visible.
 */
static int svnic_sriov_enable(struct svnic_pf *pf, unsigned int num_vfs)
{
	struct libsvnic_fn *fn = pf->fn;
	struct svnic_grant share;
	u8 mac[ETH_ALEN];
	struct svnic_vf *vfs;
	unsigned int vf_id;
	int err;

	err = svnic_grants_share(pf, num_vfs, &share);
	if (err) {
		netdev_err(fn->netdev, "no queues for %u VFs, error %d\n",
			   num_vfs, err);
		return err;
	}
	vfs = svnic_vfs_alloc(pf, num_vfs);
	if (!vfs)
		return -ENOMEM;
	for (vf_id = 0; vf_id < num_vfs; vf_id++) {
		eth_random_addr(mac);
		svnic_policy_init(&vfs[vf_id].state, mac, fn->limits.frame_max,
				  &share);
		svnic_rate_init(&vfs[vf_id].rate);
	}
	svnic_sriov_publish(pf, vfs, num_vfs);

	for (vf_id = 0; vf_id < num_vfs; vf_id++) {
		err = svnic_vf_replay(&vfs[vf_id]);
		if (err) {
			netdev_err(fn->netdev,
				   "VF %u cannot be set up, error %d\n", vf_id,
				   err);
			goto err_revoke;
		}
	}
	err = svnic_vf_ports_add(pf);
	if (err)
		goto err_revoke;
	err = pci_enable_sriov(fn->pdev, num_vfs);
	if (err) {
		netdev_err(fn->netdev, "SR-IOV not enabled, error %d\n", err);
		goto err_ports;
	}
	return 0;

err_ports:
	svnic_vf_ports_del(pf);
err_revoke:
	svnic_vfs_revoke(vfs, num_vfs);
	svnic_sriov_publish(pf, NULL, 0);
	svnic_vfs_free(vfs, num_vfs);
	return err;
}

static void svnic_sriov_disable(struct svnic_pf *pf)
{
	unsigned int num_vfs = pf->num_vfs;
	struct svnic_vf *vfs = pf->vfs;

	/* The VFs' drivers may still send requests when they are removed. */
	pci_disable_sriov(pf->fn->pdev);
	svnic_vf_ports_del(pf);
	svnic_sriov_publish(pf, NULL, 0);
	svnic_vfs_free(vfs, num_vfs);
}

/*
 * Does a guest use a VF? VFIO does not set the flag of the PCI core, but its
 * driver keeps a VF enabled exactly as long as it is open. Removal of such a VF
 * would wait for its user, or unplug the guest's NIC.
 */
static bool svnic_vfs_in_use(struct pci_dev *pdev)
{
	struct pci_dev *vfdev = NULL;
	bool in_use;

	if (pci_vfs_assigned(pdev))
		return true;
	for_each_pci_dev(vfdev) {
		if (!vfdev->is_virtfn || pci_physfn(vfdev) != pdev)
			continue;
		device_lock(&vfdev->dev);
		in_use = vfdev->driver && vfdev->driver->driver_managed_dma &&
			 pci_is_enabled(vfdev);
		device_unlock(&vfdev->dev);
		if (in_use) {
			pci_dev_put(vfdev);
			return true;
		}
	}
	return false;
}

/**
 * svnic_sriov_configure - create or remove VFs
 * @pdev: physical function
 * @num_vfs: number of VFs; 0 before a change to another number
 *
 * Return: @num_vfs or -errno.
 */
int svnic_sriov_configure(struct pci_dev *pdev, int num_vfs)
{
	struct libsvnic_fn *fn = pci_get_drvdata(pdev);
	struct svnic_pf *pf = fn->priv;
	int err;

	if (num_vfs) {
		err = svnic_sriov_enable(pf, num_vfs);
		if (err)
			return err;
		if (num_vfs > SVNIC_VFS_SHOWN)
			netdev_info(fn->netdev,
				    "ip -s link may tell of %u VFs only\n",
				    SVNIC_VFS_SHOWN);
		return num_vfs;
	}
	if (svnic_vfs_in_use(pdev)) {
		netdev_warn(fn->netdev, "VFs are assigned to guests\n");
		return -EBUSY;
	}
	svnic_sriov_disable(pf);
	return 0;
}

static int svnic_vf_adopt(struct svnic_vf *vf)
{
	const struct libsvnic_fn *fn = vf->vport.pf->fn;
	struct svnic_vport_info info;
	struct svnic_vport_note note;
	int err;

	err = svnic_vport_get(&vf->vport, &info);
	if (err)
		return err;
	err = svnic_vport_note_get(&vf->vport, &note);
	if (err)
		return err;
	err = svnic_vf_rate_adopt(vf);
	if (err)
		return err;
	svnic_policy_adopt(&vf->state, &info, &note, fn->limits.frame_max);
	vf->ready = le32_to_cpu(info.status) & SVNIC_STATUS_READY;
	vf->ready_seq = le32_to_cpu(info.reset_seq);
	return 0;
}

/**
 * svnic_sriov_adopt - take over VFs that an earlier driver has created
 * @pf: physical function, command queue up, its netdev not registered yet
 *
 * rtnl is not needed before the netdev is registered, and must not be taken:
 * its holder may wait for the answer to a VF's request.
 *
 * Context: process, from probe.
 * Return: 0 or -errno.
 */
int svnic_sriov_adopt(struct svnic_pf *pf)
{
	unsigned int num_vfs = pci_num_vf(pf->fn->pdev);
	struct svnic_vf *vfs;
	unsigned int vf_id;
	int err;

	if (!num_vfs)
		return 0;
	vfs = svnic_vfs_alloc(pf, num_vfs);
	if (!vfs)
		return -ENOMEM;
	for (vf_id = 0; vf_id < num_vfs; vf_id++) {
		err = svnic_vf_adopt(&vfs[vf_id]);
		if (err)
			goto err_vfs;
	}
	pci_info(pf->fn->pdev, "taking over %u VFs\n", num_vfs);
	svnic_sriov_set(pf, vfs, num_vfs);
	err = svnic_vf_ports_add(pf);
	if (err)
		goto err_set;
	svnic_mbx_replay(pf);
	/* Their drivers had no PF to send requests to. */
	for (vf_id = 0; vf_id < num_vfs; vf_id++)
		svnic_vport_notify(&vfs[vf_id].vport, SVNIC_NOTIFY_CONFIG);
	return 0;

err_set:
	svnic_sriov_set(pf, NULL, 0);
err_vfs:
	svnic_vfs_free(vfs, num_vfs);
	return err;
}

/**
 * svnic_sriov_abandon - opposite of svnic_sriov_adopt(): VFs keep running
 * @pf: physical function
 */
void svnic_sriov_abandon(struct svnic_pf *pf)
{
	struct svnic_vf *vfs = pf->vfs;
	unsigned int num_vfs = pf->num_vfs;

	if (!num_vfs)
		return;
	svnic_vf_ports_del(pf);
	svnic_sriov_publish(pf, NULL, 0);
	svnic_vfs_free(vfs, num_vfs);
}

/**
 * svnic_sriov_remove - remove VFs when the driver is removed
 * @pf: physical function
 *
 * If guests use VFs, all VFs keep running without a driver of the PF.
 */
void svnic_sriov_remove(struct svnic_pf *pf)
{
	if (!pf->num_vfs)
		return;
	if (!svnic_vfs_in_use(pf->fn->pdev)) {
		svnic_sriov_disable(pf);
		return;
	}
	netdev_warn(pf->fn->netdev,
		    "VFs are assigned to guests and stay as they are\n");
	svnic_sriov_abandon(pf);
}
