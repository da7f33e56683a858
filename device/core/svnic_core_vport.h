/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a port of the switch (vport.c).
 */
#ifndef SVNIC_CORE_VPORT_H
#define SVNIC_CORE_VPORT_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;

/* vport.c */
void svnic_vport_defaults(struct svnic_core *core, struct svnic_fn *fn);
void svnic_vport_reset(struct svnic_core *core, struct svnic_fn *fn);
void svnic_vport_set_flags(struct svnic_core *core, struct svnic_fn *fn,
			   uint32_t flags);
void svnic_vport_clear_filters(struct svnic_core *core, struct svnic_fn *fn);
enum svnic_error svnic_vport_set(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_vport_cfg *cfg);
void svnic_vport_get(struct svnic_core *core, struct svnic_fn *fn,
		     struct svnic_vport_info *info);
void svnic_vport_get_grant(struct svnic_core *core, struct svnic_fn *fn,
			   struct svnic_vport_grant *grant);
enum svnic_error svnic_vport_grant(struct svnic_core *core,
				   struct svnic_fn *fn,
				   const struct svnic_vport_grant *grant);
enum svnic_error svnic_vport_mac(struct svnic_core *core, struct svnic_fn *fn,
				 const struct svnic_admin_mac *filter,
				 bool add);
enum svnic_error svnic_vport_vlan(struct svnic_core *core, struct svnic_fn *fn,
				  const struct svnic_admin_vlan *vlan,
				  bool add);
bool svnic_vport_link_up(const struct svnic_core *core,
			 const struct svnic_fn *fn);
bool svnic_vport_takes_vlan(const struct svnic_fn *fn, uint16_t vlan);

#endif /* SVNIC_CORE_VPORT_H */
