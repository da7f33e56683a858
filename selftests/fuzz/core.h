/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sides of the fuzzer "core": a hostile guest, a PF that serves it */
#ifndef FUZZ_CORE_H
#define FUZZ_CORE_H

#include "net.h"

#define GUEST		1	/* function of the hostile guest */
#define NEIGHBOUR	2

/* Things done, in the order of tallies[] */
enum {
	DONE_DESCRIPTORS,
	DONE_MESSAGES,
};

void guest_start(void);
void guest_act(struct input *in);

void pf_start(void);
void pf_serve(void);
void pf_set_vlan(uint16_t tci, uint16_t proto);
void pf_set_rate(uint64_t share, uint64_t max);
void pf_disable(void);

#endif /* FUZZ_CORE_H */
