/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stand-in for the kernel's header, in user space. */
#ifndef FUZZ_LINUX_IF_VLAN_H
#define FUZZ_LINUX_IF_VLAN_H

#define VLAN_PRIO_MASK	0xe000
#define VLAN_PRIO_SHIFT	13
#define VLAN_VID_MASK	0x0fff
#define VLAN_N_VID	4096

#endif
