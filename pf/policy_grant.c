// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: policy for grants of VFs (spec 10.4): the share of each VF, and the
 * number of its vectors. Accesses no register and takes no lock.
 */
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include "policy.h"

/* Largest grant of a VF when the pools are divided equally. */
#define SVNIC_VF_QUEUES		4
#define SVNIC_VF_MAC_FILTERS	32
#define SVNIC_VF_VLAN_FILTERS	64
#define SVNIC_VF_FLOW_RULES	64
#define SVNIC_VF_RSS_CONTEXTS	8

/* At least a vector for events and one for a pair; at most those of MSI-X. */
#define SVNIC_VF_VECTORS_MIN	2
#define SVNIC_VF_VECTORS_MAX	2048

static u32 svnic_policy_divide(u32 pool, u32 own, unsigned int num_vfs, u32 max)
{
	return min((pool - min(pool, own)) / num_vfs, max);
}

/* The PF keeps what it may use, since nothing makes it give rules back. */
static u32 svnic_policy_rest(u32 pool, u32 own, unsigned int num_vfs, u32 max)
{
	return svnic_policy_divide(pool, max(own, pool / 4), num_vfs, max);
}

/*
 * The PF keeps a quarter of the filters. If it uses more it keeps those too,
 * unless this would cost the VFs more than half of their share. Then the PF has
 * to free filters, because it can be promiscuous instead, and most VFs cannot.
 */
static u32 svnic_policy_filters(u32 pool, u32 used, unsigned int num_vfs,
				u32 max)
{
	u32 fair = svnic_policy_divide(pool, pool / 4, num_vfs, max);
	u32 left = svnic_policy_divide(pool, max(used, pool / 4), num_vfs, max);

	return 2 * left < fair ? fair : left;
}

/**
 * svnic_policy_share - divide the pools equally between VFs
 * @pool: resources of the NIC
 * @own: resources granted to the PF; filters: those that it uses; rules and
 *	contexts: those that it may use
 * @num_vfs: number of VFs
 * @share: grant of each VF, filled in
 *
 * Return: 0, or -ENOSPC if a VF could not work with its share.
 */
int svnic_policy_share(const struct svnic_grant *pool,
		       const struct svnic_grant *own, unsigned int num_vfs,
		       struct svnic_grant *share)
{
	share->queues = svnic_policy_divide(pool->queues, own->queues, num_vfs,
					    SVNIC_VF_QUEUES);
	share->vectors = svnic_policy_divide(pool->vectors, own->vectors,
					     num_vfs, share->queues + 1);
	if (!share->queues || share->vectors < SVNIC_VF_VECTORS_MIN)
		return -ENOSPC;
	share->queues = min(share->queues, share->vectors - 1);

	share->mac_filters = svnic_policy_filters(pool->mac_filters,
						  own->mac_filters, num_vfs,
						  SVNIC_VF_MAC_FILTERS);
	share->vlan_filters = svnic_policy_filters(pool->vlan_filters,
						   own->vlan_filters, num_vfs,
						   SVNIC_VF_VLAN_FILTERS);
	share->flow_rules = svnic_policy_rest(pool->flow_rules,
					      own->flow_rules, num_vfs,
					      SVNIC_VF_FLOW_RULES);
	share->rss_contexts = svnic_policy_rest(pool->rss_contexts,
						own->rss_contexts, num_vfs,
						SVNIC_VF_RSS_CONTEXTS);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_share);

static u32 svnic_policy_left(u32 pool, u32 taken, u32 own)
{
	return pool - min(pool, taken - min(taken, own));
}

/**
 * svnic_policy_vectors - change the number of MSI-X vectors of a VF
 * @pool: resources of the NIC
 * @taken: resources granted to PF and VFs, including this VF
 * @vectors: new number of vectors
 * @grant: the VF's grant, changed on success
 *
 * One vector is for events, and there is a queue pair for each of the others.
 *
 * Return: 0, -EINVAL if a VF cannot have this number, -ENOSPC if there are not
 * enough left in the pool.
 */
int svnic_policy_vectors(const struct svnic_grant *pool,
			 const struct svnic_grant *taken, u32 vectors,
			 struct svnic_grant *grant)
{
	if (vectors < SVNIC_VF_VECTORS_MIN || vectors > SVNIC_VF_VECTORS_MAX)
		return -EINVAL;
	if (vectors > svnic_policy_left(pool->vectors, taken->vectors,
					grant->vectors) ||
	    vectors - 1 > svnic_policy_left(pool->queues, taken->queues,
					    grant->queues))
		return -ENOSPC;
	grant->vectors = vectors;
	grant->queues = vectors - 1;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_vectors);
