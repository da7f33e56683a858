// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: pools of the NIC and grants of VFs (spec 10.4) as read-only devlink
 * resources. Unless noted otherwise, the caller holds the devlink lock.
 */
#include "svnic.h"

enum svnic_resource {
	SVNIC_RESOURCE_QUEUES = 1,	/* 0 means none to the core */
	SVNIC_RESOURCE_VECTORS,
	SVNIC_RESOURCE_MAC_FILTERS,
	SVNIC_RESOURCE_VLAN_FILTERS,
	SVNIC_RESOURCE_FLOW_RULES,
	SVNIC_RESOURCE_RSS_CONTEXTS,
	SVNIC_RESOURCES,
};

static const char * const svnic_resource_names[SVNIC_RESOURCES] = {
	[SVNIC_RESOURCE_QUEUES]		= "queue_pairs",
	[SVNIC_RESOURCE_VECTORS]	= "msix_vectors",
	[SVNIC_RESOURCE_MAC_FILTERS]	= "mac_filters",
	[SVNIC_RESOURCE_VLAN_FILTERS]	= "vlan_filters",
	[SVNIC_RESOURCE_FLOW_RULES]	= "flow_rules",
	[SVNIC_RESOURCE_RSS_CONTEXTS]	= "rss_contexts",
};

static u32 svnic_resource_size(const struct svnic_grant *grant,
			       enum svnic_resource id)
{
	switch (id) {
	case SVNIC_RESOURCE_QUEUES:
		return grant->queues;
	case SVNIC_RESOURCE_VECTORS:
		return grant->vectors;
	case SVNIC_RESOURCE_MAC_FILTERS:
		return grant->mac_filters;
	case SVNIC_RESOURCE_VLAN_FILTERS:
		return grant->vlan_filters;
	case SVNIC_RESOURCE_FLOW_RULES:
		return grant->flow_rules;
	default:
		return grant->rss_contexts;
	}
}

static u64 svnic_resource_taken(struct svnic_pf *pf, enum svnic_resource id)
{
	struct svnic_grant taken;

	svnic_grants_taken(pf, &taken);
	return svnic_resource_size(&taken, id);
}

static u64 svnic_queues_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_QUEUES);
}

static u64 svnic_vectors_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_VECTORS);
}

static u64 svnic_mac_filters_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_MAC_FILTERS);
}

static u64 svnic_vlan_filters_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_VLAN_FILTERS);
}

static u64 svnic_flow_rules_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_FLOW_RULES);
}

static u64 svnic_rss_contexts_taken(void *priv)
{
	return svnic_resource_taken(priv, SVNIC_RESOURCE_RSS_CONTEXTS);
}

static devlink_resource_occ_get_t * const svnic_occ_get[SVNIC_RESOURCES] = {
	[SVNIC_RESOURCE_QUEUES]		= svnic_queues_taken,
	[SVNIC_RESOURCE_VECTORS]	= svnic_vectors_taken,
	[SVNIC_RESOURCE_MAC_FILTERS]	= svnic_mac_filters_taken,
	[SVNIC_RESOURCE_VLAN_FILTERS]	= svnic_vlan_filters_taken,
	[SVNIC_RESOURCE_FLOW_RULES]	= svnic_flow_rules_taken,
	[SVNIC_RESOURCE_RSS_CONTEXTS]	= svnic_rss_contexts_taken,
};

/**
 * svnic_resources_add - register the pools as resources
 * @pf: physical function
 *
 * Return: 0 or -errno.
 */
int svnic_resources_add(struct svnic_pf *pf)
{
	struct devlink *devlink = priv_to_devlink(pf);
	struct devlink_resource_size_params params;
	enum svnic_resource id;
	u32 size;
	int err;

	for (id = SVNIC_RESOURCE_QUEUES; id < SVNIC_RESOURCES; id++) {
		size = svnic_resource_size(&pf->pool, id);
		devlink_resource_size_params_init(&params, size, size, 1,
						  DEVLINK_RESOURCE_UNIT_ENTRY);
		err = devl_resource_register(devlink, svnic_resource_names[id],
					     size, id,
					     DEVLINK_RESOURCE_ID_PARENT_TOP,
					     &params);
		if (err)
			goto err_resources;
		devl_resource_occ_get_register(devlink, id, svnic_occ_get[id],
					       pf);
	}
	return 0;

err_resources:
	devl_resources_unregister(devlink);
	return err;
}

/**
 * svnic_resources_del - opposite of svnic_resources_add()
 * @pf: physical function
 */
void svnic_resources_del(struct svnic_pf *pf)
{
	devl_resources_unregister(priv_to_devlink(pf));
}

static int svnic_vf_resource_add(struct svnic_vf *vf, enum svnic_resource id)
{
	const char *name = svnic_resource_names[id];
	struct devlink_resource_size_params params;
	u32 size;

	mutex_lock(&vf->lock);
	size = svnic_resource_size(&vf->state.grant, id);
	mutex_unlock(&vf->lock);
	devlink_resource_size_params_init(&params, size, size, 1,
					  DEVLINK_RESOURCE_UNIT_ENTRY);
	return devl_port_resource_register(&vf->vport.port, name, size, id,
					   DEVLINK_RESOURCE_ID_PARENT_TOP,
					   &params);
}

/**
 * svnic_vf_resources_add - register the grant of a VF as resources
 * @vf: the VF, its port registered
 *
 * Return: 0 or -errno.
 */
int svnic_vf_resources_add(struct svnic_vf *vf)
{
	enum svnic_resource id;
	int err;

	for (id = SVNIC_RESOURCE_QUEUES; id < SVNIC_RESOURCES; id++) {
		err = svnic_vf_resource_add(vf, id);
		if (err)
			goto err_resources;
	}
	return 0;

err_resources:
	devl_port_resources_unregister(&vf->vport.port);
	return err;
}

/**
 * svnic_vf_resources_del - opposite of svnic_vf_resources_add()
 * @vf: the VF
 */
void svnic_vf_resources_del(struct svnic_vf *vf)
{
	devl_port_resources_unregister(&vf->vport.port);
}

/**
 * svnic_vf_resources_changed - update the resources of a VF after a new grant
 * @vf: the VF
 *
 * Context: process, takes the devlink lock.
 */
void svnic_vf_resources_changed(struct svnic_vf *vf)
{
	struct svnic_pf *pf = vf->vport.pf;
	struct devlink *devlink = priv_to_devlink(pf);

	devl_lock(devlink);
	svnic_vf_resources_del(vf);
	if (svnic_vf_resources_add(vf))
		netdev_warn(pf->fn->netdev, "VF %u: share is not shown\n",
			    vf->id);
	devl_unlock(devlink);
}
