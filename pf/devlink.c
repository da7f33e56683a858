// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: devlink instance of the NIC, and its info (spec 10.2).
 */
#include "svnic.h"

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
	/* A text that fills its field has no terminating NUL. */
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

static int svnic_eswitch_mode_get(struct devlink *devlink, u16 *mode)
{
	*mode = DEVLINK_ESWITCH_MODE_LEGACY;
	return 0;
}

/* The core would refuse too, but without a message. */
static int svnic_eswitch_mode_set(struct devlink *devlink, u16 mode,
				  struct netlink_ext_ack *extack)
{
	if (mode == DEVLINK_ESWITCH_MODE_LEGACY)
		return 0;
	NL_SET_ERR_MSG(extack, "The device has the legacy mode only");
	return -EOPNOTSUPP;
}

static const struct devlink_ops svnic_devlink_ops = {
	.info_get			= svnic_info_get,
	.eswitch_mode_get		= svnic_eswitch_mode_get,
	.eswitch_mode_set		= svnic_eswitch_mode_set,
	.rate_leaf_tx_share_set		= svnic_port_tx_share_set,
	.rate_leaf_tx_max_set		= svnic_port_tx_max_set,
	.rate_leaf_tx_priority_set	= svnic_port_tx_priority_set,
	.rate_leaf_tx_weight_set	= svnic_port_tx_weight_set,
};

/**
 * svnic_devlink_alloc - allocate the devlink instance, with the PF in it
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

/**
 * svnic_devlink_init - create resources, health reporter and physical port
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
	err = svnic_health_init(pf);
	if (err)
		goto err_resources;
	err = svnic_port_add(pf);
	if (err)
		goto err_health;
	devl_unlock(devlink);
	return 0;

err_health:
	svnic_health_exit(pf);
err_resources:
	svnic_resources_del(pf);
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
	svnic_health_exit(pf);
	svnic_resources_del(pf);
	devl_unlock(devlink);
}

/**
 * svnic_devlink_register - register the instance with users
 * @pf: physical function that is completely set up
 */
void svnic_devlink_register(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	devl_register(devlink);
	devl_unlock(devlink);
	/* The core does not accept reports earlier. */
	enable_work(&pf->health_work);
	schedule_work(&pf->health_work);
}

/**
 * svnic_devlink_unregister - opposite of svnic_devlink_register()
 * @pf: physical function
 */
void svnic_devlink_unregister(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);

	disable_work_sync(&pf->health_work);
	devl_lock(devlink);
	devl_unregister(devlink);
	devl_unlock(devlink);
}
