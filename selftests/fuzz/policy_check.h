/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Invariants of the policy's decisions, and the resulting vport. */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include "policy.h"

/**
 * struct vf - a VF, as the policy and as the NIC know it
 * @state: of the policy
 * @vport: what was programmed, as SVNIC_ADMIN_VPORT_GET tells it
 * @note: what was left for the next driver
 */
struct vf {
	struct svnic_vf_state	state;
	struct svnic_vport_cfg	vport;
	struct svnic_vport_note	note;
};

#define VFS	3

/**
 * struct nic - what the VFs of a NIC have
 * @vf: the VFs
 */
struct nic {
	struct vf		vf[VFS];
};

/*
 * @vf has made a request, and its state is @next from now on: configures the
 * differences. The NIC may refuse an address that another VF has.
 */
void vf_ask(struct nic *nic, struct vf *vf,
	    const struct svnic_vf_state *next);
/* The same for a change by the administrator, which is not refused. */
void vf_give(struct nic *nic, struct vf *vf,
	     const struct svnic_vf_state *next);
/* Configures everything, as after a reset. */
void vf_program(struct nic *nic, struct vf *vf);
/* The PF's driver is replaced; the new one reads the state from the NIC. */
void vf_adopt(struct nic *nic, struct vf *vf);

void check_share(const struct svnic_grant *pool, const struct svnic_grant *own,
		 unsigned int vfs, const struct svnic_grant *share);
void check_state(const struct vf *vf);
void check_owners(const struct nic *nic);
void check_verdict(const struct svnic_vf_state *old, const void *msg,
		   size_t len, const struct svnic_verdict *verdict);

#endif /* POLICY_CHECK_H */
