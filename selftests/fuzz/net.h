/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A NIC with a PF and two VFs for the fuzzers of the core, with the host and
 * the driver of the unit tests (selftests/core).
 */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include "fuzz.h"
#include "test.h"

/* The function whose driver is hostile; all others obey the rules. */
extern unsigned int hostile;

/*
 * A new NIC. From now on it must access memory of the functions that obey the
 * rules only with their own ids, and must write only memory that is for the NIC
 * to write.
 */
void net_start(const struct svnic_core_config *config, uint64_t without);
/* TCI and EtherType of @hostile's port VLAN; the others have none. */
extern uint16_t net_port_vlan, net_port_proto;

/* Consumes what a correct function has received; no source is spoofed. */
void net_drain(unsigned int fn);
/* Checks that both still work: @from sends to @to. */
void net_talk(unsigned int from, unsigned int to);

/* Consumes frames on the wire: those of @hostile have its port VLAN's tag. */
void net_drain_wire(void);

/* Called for each DMA of @hostile, or NULL. */
extern void (*net_watch)(uint64_t addr, size_t len, bool write);

#endif /* FUZZ_NET_H */
