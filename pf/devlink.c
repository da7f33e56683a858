// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: devlink instance of the NIC: what it is, and what its pools hold
 * (spec 10.2, 10.4).
 */
#include "svnic.h"

enum svnic_resource {
	SVNIC_RESOURCE_QUEUES = 1,	/* 0 is the core's for none */
	SVNIC_RESOURCE_VECTORS,
	SVNIC_RESOURCE_MAC_FILTERS,
	SVNIC_RESOURCE_VLAN_FILTERS,
};

static int svnic_info_get(struct devlink *devlink, struct devlink_info_req *req,
			  struct netlink_ext_ack *extack)
{
	struct svnic_pf *pf = devlink_priv(devlink);
	char fw_version[sizeof_field(struct svnic_identity, fw_version) + 1];
	char serial[sizeof_field(struct svnic_identity, serial) + 1];
	struct svnic_identity identity;
	int err;

	err = svnic_identify(pf, &identity);
	if (err) {
		NL_SET_ERR_MSG(extack, "the device does not say what it is");
		return err;
	}
	/* The texts end with their field if they fill it. */
	snprintf(fw_version, sizeof(fw_version), "%.*s",
		 (int)sizeof(identity.fw_version), identity.fw_version);
	snprintf(serial, sizeof(serial), "%.*s",
		 (int)sizeof(identity.serial), identity.serial);
	err = devlink_info_version_running_put(req,
					       DEVLINK_INFO_VERSION_GENERIC_FW,
					       fw_version);
	if (err)
		return err;
	return devlink_info_serial_number_put(req, serial);
}

static const struct devlink_ops svnic_devlink_ops = {
	.info_get			= svnic_info_get,
	.rate_leaf_tx_share_set		= svnic_port_tx_share_set,
	.rate_leaf_tx_max_set		= svnic_port_tx_max_set,
	.rate_leaf_tx_priority_set	= svnic_port_tx_priority_set,
	.rate_leaf_tx_weight_set	= svnic_port_tx_weight_set,
};

/**
 * svnic_devlink_alloc - make the devlink instance and the PF in it
 * @pdev: physical function
 *
 * Return: the PF, zeroed, or NULL.
 */
struct svnic_pf *svnic_devlink_alloc(struct pci_dev *pdev)
{
	struct devlink *devlink;

	devlink = devlink_alloc(&svnic_devlink_ops, sizeof(struct svnic_pf),
				&pdev->dev);
	return devlink ? devlink_priv(devlink) : NULL;
}

/**
 * svnic_devlink_free - opposite of svnic_devlink_alloc()
 * @pf: physical function
 */
void svnic_devlink_free(struct svnic_pf *pf)
{
	devlink_free(priv_to_devlink(pf));
}

/* Called under the devlink lock. */
static u64 svnic_queues_taken(void *priv)
{
	struct svnic_grant taken;

	svnic_grants_taken(priv, &taken);
	return taken.queues;
}

static u64 svnic_vectors_taken(void *priv)
{
	struct svnic_grant taken;

	svnic_grants_taken(priv, &taken);
	return taken.vectors;
}

static u64 svnic_mac_filters_taken(void *priv)
{
	struct svnic_grant taken;

	svnic_grants_taken(priv, &taken);
	return taken.mac_filters;
}

static u64 svnic_vlan_filters_taken(void *priv)
{
	struct svnic_grant taken;

	svnic_grants_taken(priv, &taken);
	return taken.vlan_filters;
}

static int svnic_resource_add(struct svnic_pf *pf, const char *name, u64 size,
			      enum svnic_resource id,
			      devlink_resource_occ_get_t *occ_get)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct devlink_resource_size_params params;
	int err;

	devlink_resource_size_params_init(&params, size, size, 1,
					  DEVLINK_RESOURCE_UNIT_ENTRY);
	err = devl_resource_register(devlink, name, size, id,
				     DEVLINK_RESOURCE_ID_PARENT_TOP, &params);
	if (!err)
		devl_resource_occ_get_register(devlink, id, occ_get, pf);
	return err;
}

static int svnic_resources_add(struct svnic_pf *pf)
{
	const struct svnic_grant *pool = &pf->pool;
	int err;

	err = svnic_resource_add(pf, "queue_pairs", pool->queues,
				 SVNIC_RESOURCE_QUEUES, svnic_queues_taken);
	if (err)
		return err;
	err = svnic_resource_add(pf, "msix_vectors", pool->vectors,
				 SVNIC_RESOURCE_VECTORS, svnic_vectors_taken);
	if (err)
		goto err_resources;
	err = svnic_resource_add(pf, "mac_filters", pool->mac_filters,
				 SVNIC_RESOURCE_MAC_FILTERS,
				 svnic_mac_filters_taken);
	if (err)
		goto err_resources;
	err = svnic_resource_add(pf, "vlan_filters", pool->vlan_filters,
				 SVNIC_RESOURCE_VLAN_FILTERS,
				 svnic_vlan_filters_taken);
	if (err)
		goto err_resources;
	return 0;

err_resources:
	devl_resources_unregister(priv_to_devlink(pf));
	return err;
}

/**
 * svnic_devlink_init - what is there as long as the PF is
 * @pf: physical function, up, its netdev not registered yet
 *
 * Context: process, from probe.
 * Return: 0 or -errno.
 */
int svnic_devlink_init(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	int err;

	devl_lock(devlink);
	err = svnic_resources_add(pf);
	if (err)
		goto unlock;
	err = svnic_port_add(pf);
	if (err)
		devl_resources_unregister(devlink);
unlock:
	devl_unlock(devlink);
	return err;
}

/**
 * svnic_devlink_exit - opposite of svnic_devlink_init()
 * @pf: physical function; no VFs, its netdev not registered any more
 */
void svnic_devlink_exit(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	cancel_work_sync(&pf->rate_work);
	devl_lock(devlink);
	svnic_port_del(pf);
	devl_resources_unregister(devlink);
	devl_unlock(devlink);
}

/**
 * svnic_devlink_register - from here on users can ask
 * @pf: physical function that works
 */
void svnic_devlink_register(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	devl_register(devlink);
	devl_unlock(devlink);
}

/**
 * svnic_devlink_unregister - opposite of svnic_devlink_register()
 * @pf: physical function
 */
void svnic_devlink_unregister(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	devl_unregister(devlink);
	devl_unlock(devlink);
}
