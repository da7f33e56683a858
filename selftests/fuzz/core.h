/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two sides of the fuzzers "core" and "state": a hostile guest, a PF that
 * serves it
 */
#ifndef FUZZ_CORE_H
#define FUZZ_CORE_H

#include "net.h"

#define GUEST		1	/* function of the hostile guest */
#define NEIGHBOUR	2

/* What both sides count, in tallies[] of the fuzzer */
extern struct tally *const descriptors, *const messages;

/* A NIC, its PF and the guest start; the first byte of an input has options. */
void sides_start(uint8_t how);

void guest_start(void);
void guest_act(struct input *in);

void pf_start(void);
void pf_serve(void);
/* Runs the NIC, and consumes what arrives at the PF and its neighbours. */
void pf_settle(void);
/* The PF and the neighbour still reach each other. */
void pf_talk(void);
void pf_set_vlan(uint16_t tci, uint16_t proto);
void pf_set_rate(uint64_t share, uint64_t max);
void pf_disable(void);

#endif /* FUZZ_CORE_H */
